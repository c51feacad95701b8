"""Reading and writing a transcript: what is said and done, and what is expected after it.

A transcript is a chat on paper. A line begins with what it is:

    # 2020-09-12 09:00 WIB            the clock is set (any other # line is a remark)
    @ whatsapp Budi                   Budi has the word, on WhatsApp; also: @ telegram Sari, @ whatsapp Adi (no number)
    > kantor buka ga?                 he writes
    >> min?                           and writes on, before anybody could answer
    > [tap Ya, kirim]                 he taps a button (the newest with that title)
    > [photo] this is it              he sends a photo with a caption; also: document, voice, video, sticker, contact,
                                      location, poll
    > [location] -2.99 104.76         a place in Palembang; without figures one in Samarinda
    > [album 3] this is it            he sends three photos as an album, with a caption
    > [edit] this is what I mean      he changes his newest message (Telegram)
    > [quote Which branch] Bandung    he replies to the newest message to him that has these words
    > [40 messages] p                 he sends as many messages, each on its own
    > [5 times] halo                  the provider delivers the same message five times
    > [escaped] \\u202eabc             what cannot be seen is written as Python writes it
    > [100000 times] ha               something very long
    < Kantor Cabang Palembang         what he gets: each line has to occur in the replies, in this order
    < [Ya] [Tidak]                    buttons
    < (nothing)                       no reply at all
    < ...                             some answer, whatever it is (to what nobody can understand)
    <! Samarinda                      must not occur
    * Ratna publishes closure: ...    what is done at the desk; indented lines below give the details (see `desk.py`)
    = complaint PLB-2009-00001 ...    the cases that there are now; `= no case`

`--rewrite` replaces the lines ``<`` and ``=`` by what really comes; the difference is then for a person to read.
"""

from dataclasses import dataclass, field
from pathlib import Path

SAYS, GOES_ON, GETS, NEVER, DOES, CASES, PERSON, REMARK = ">", ">>", "<", "<!", "*", "=", "@", "#"


@dataclass
class Step:
    """One thing that happens, and the lines of expectations below it."""

    kind: str
    words: str
    line: int
    details: dict[str, str] = field(default_factory=dict)
    gets: list[str] = field(default_factory=list)
    never: list[str] = field(default_factory=list)
    cases: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    """Remarks and empty lines above it, as they stand in the file."""


@dataclass
class Script:
    """A whole transcript."""

    path: Path
    steps: list[Step]
    rest: list[str]


def read(path: Path) -> Script:
    """The steps of a transcript.

    Raises:
        SyntaxError: a line that is none of those above.
    """
    steps: list[Step] = []
    remarks: list[str] = []
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        kind, _, words = line.partition(" ")
        if not line.strip() or (kind == REMARK and not is_time(words)):
            remarks.append(line)
        elif line.startswith("    ") and steps:
            name, _, value = line.strip().partition(": ")
            steps[-1].details[name] = value
        elif kind in (GETS, NEVER, CASES) and steps:
            {GETS: steps[-1].gets, NEVER: steps[-1].never, CASES: steps[-1].cases}[kind].append(words)
        elif kind in (SAYS, GOES_ON, DOES, PERSON, REMARK):
            steps.append(Step(kind, words, number, remarks=remarks))
            remarks = []
        else:
            raise SyntaxError(f"{path.name}:{number}: {line}")
    return Script(path, steps, remarks)


def is_time(words: str) -> bool:
    """Whether a # line sets the clock."""
    return words[:4].isdigit() and words[4:5] == "-"


def write(script: Script) -> None:
    """The transcript with what its steps hold now."""
    lines: list[str] = []
    for step in script.steps:
        lines += [*step.remarks, f"{step.kind} {step.words}".rstrip()]
        lines += [f"    {name}: {value}" for name, value in step.details.items()]
        lines += [f"< {words}".rstrip() for words in step.gets]
        lines += [f"<! {words}" for words in step.never]
        lines += [f"= {words}" for words in step.cases]
    script.path.write_text("\n".join([*lines, *script.rest]).rstrip() + "\n")
