"""LZ-String's "encoded URI component" form, read: what VClaim 2.0 packs its answers in before it encrypts them.

The format (pieroxy's LZ-String): an LZ78 dictionary over UTF-16 code units, its codes written bit by bit, lowest bit
first, into characters of six bits each, highest bit first. Codes 0 and 1 announce a new unit of 8 or 16 bits, 2 the
end; codes grow by one bit whenever the dictionary would outgrow them.
"""

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-$"
LONGEST = 1_000_000
"""UTF-16 units that are unpacked at most: a few bytes can claim to be very many."""

_NEW_8, _NEW_16, _END = 0, 1, 2
_VALUES = {sign: value for value, sign in enumerate(ALPHABET)}


class BadPacking(ValueError):
    """That is not what LZ-String writes."""


class _Bits:
    """Numbers out of characters of six bits."""

    def __init__(self, packed: str) -> None:
        try:
            self._values = [_VALUES[sign] for sign in packed.replace(" ", "+")]
        except KeyError:
            raise BadPacking("a character that LZ-String does not write") from None
        self._at = 0

    def take(self, count: int) -> int:
        """The next number of that many bits."""
        number = 0
        for bit in range(count):
            at, place = divmod(self._at, 6)
            if at >= len(self._values):
                raise BadPacking("cut off")
            number |= (self._values[at] >> (5 - place) & 1) << bit
            self._at += 1
        return number


def unpack(packed: str) -> str:
    """The text that LZ-String's `compressToEncodedURIComponent` packed.

    Raises:
        BadPacking: it is cut off or changed, or over `LONGEST`.
    """
    if not packed:
        return ""
    text = "".join(_entries(_Bits(packed)))
    # JavaScript's strings are UTF-16: a sign beyond the first plane comes as two units.
    try:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        raise BadPacking("half a character") from None


def _entries(bits: _Bits) -> list[str]:
    """The dictionary's entries that make up the text, in order."""
    known: list[str] = ["", "", ""]  # the first three codes are signals
    found: list[str] = []
    width, length, before = 2, 0, ""
    while True:
        code = bits.take(width)
        if code == _END:
            return found
        if code in (_NEW_8, _NEW_16):
            known.append(chr(bits.take(8 if code == _NEW_8 else 16)))
            code = len(known) - 1
        entry = known[code] if code < len(known) else _again(before, code == len(known))
        found.append(entry)
        length += len(entry)
        if length > LONGEST:
            raise BadPacking("too long")
        if before:
            known.append(before + entry[0])
        before = entry
        width = len(known).bit_length()  # of the next code, which may be one more than is known


def _again(before: str, next_one: bool) -> str:
    """The one code that may come before its entry is known: the last entry with its own first unit."""
    if not (before and next_one):
        raise BadPacking("a code that stands for nothing")
    return before + before[0]
