"""The crash harness: the whole service under scripted conversations, while everything around it breaks.

    .venv/bin/python -m tests.chaos --seed 7 --seconds 60 --conversations 200

- `script`: who says what.
- `weather`: what breaks, and when; drawn from the seed.
- `house`: the service's processes, PostgreSQL, Valkey, Rasa and the providers' stand-ins.
- `post`: webhooks as the providers deliver them, twice, late, and until they are taken.
- `fetching`: Twilio as it fetches what agents send.
- `people`: participants and an agent; `receipts`: of what was sent; `pictures`: what they photograph.
- `news`: a supervisor who has subscribers told.
- `ledger`: what is found afterwards, in the database and at the providers.
- `reckoning`: what is wrong with it; `hearing`: with what subscribers heard.
- `storm`: one run, from the first conversation to the figures.
"""
