"""The review loop: what was not understood is kept, grouped, labelled at the desk, and becomes training data.

`keeping` is the turn's part and the agent's, `marking` reads and writes entity marks, `grouping` finds texts that are
alike, `listing` asks the database, `labelling` changes it, `export` writes Rasa's YAML.
"""
