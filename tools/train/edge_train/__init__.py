"""Make training data for a model that reads device texts: what a text states is drawn first, then it is worded."""
