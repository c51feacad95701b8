"""What runs in Rasa's own environment: standard library, Rasa's packages and `bot.nlu.normalising`, nothing else."""
