"""Teams: how many reps, who, and where."""
