"""The embedded interpreter: a linear model in process, trained in seconds from the same data as Rasa."""
