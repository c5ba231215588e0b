"""Book: what is said, as a workbook: of the plan, and of each rep."""
