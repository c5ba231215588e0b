"""Page: what is said, as one page of HTML that asks nothing of the network; with its styles and scripts."""
