"""Every sentence that a participant reads, from config/texts: one file a language, keys such as ``closure.open``.

A text may hold placeholders, ``{name}`` or ``{name:format}``; `FORMATS` lists the formats. A line whose placeholders
are all empty (None, "" or an empty list) is left out, so that one text can have optional lines::

    outage:
      known: |
        {system} sedang terganggu sejak {since:moment}.
        Penyebab: {cause}

"Penyebab: ..." is only there when a cause is given. ``{{`` and ``}}`` are braces. What is inserted is never read for
placeholders itself.
"""

from bot.texts.formats import FORMATS, zone_name
from bot.texts.loading import load_texts
from bot.texts.speaking import TextError, Texts

__all__ = ["FORMATS", "TextError", "Texts", "load_texts", "zone_name"]
