"""Rasa from the service's side: its environment, its models, the client. What runs inside Rasa is in `rasa_side`."""
