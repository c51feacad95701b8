"""Understanding: what a text means, by Rasa or by the embedded interpreter, from the same training data."""
