"""What runs in Rasa's own environment: the standard library, Rasa's packages, and our reading of words.

Of the rest of the project only `bot.errors` and `bot.nlu`'s normalising, stems, concepts and features can be imported
there; they run on Python 3.10 and need no package but numpy.
"""
