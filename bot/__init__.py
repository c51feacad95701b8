"""SIAGA: the chatbot service and the desk behind it."""
