"""What runs in Rasa's own environment: the standard library, Rasa's packages, and our reading of words.

Of the rest of the project only `bot.nlu.normalising`, `bot.nlu.stems`, `bot.nlu.concepts` and `bot.errors` can be
imported there; they run on Python 3.10 and need no package.
"""
