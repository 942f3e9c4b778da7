"""Text typed with the fonts of the nineties: TCVN3 (".VnTime") and VNI ("VNI-Times").

Such a file holds Latin letters with the wrong marks, which only the old font shows as Vietnamese:
"NguyÔn ThÞ" and "Nguyeãn Thò" are both "Nguyễn Thị". It is refused and never converted in silence:
one wrong letter is another person. The signs are those of the two code pages.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

# Signs that stand for letters in TCVN3 or VNI and in no word of Vietnamese or of the highlands.
_SIGNS = frozenset("¡¢§£¤¥¦¨©«¬®¸µ¶·¹¾»¼½¯×÷ßÿþðÐÞçÇÎÏÑÖØÜÛÆÅÄËîïñöøüûæåäë")
# In VNI a mark follows its vowel as a letter of its own: "Leâ Vaên Traàn Nguyeãn". "oà" and "oá"
# are left out: "Hoà" and "Toán" are written so; "aê" before another "ê" too: "Laêê" is a commune.
_VNI_PAIR = re.compile(r"a[âàáãùõ]|aê(?!ê)|e[âàáãùõ]|o[âù]|u[ùõ]|y[ùõ]|ô[ùõ]", re.IGNORECASE)


def is_legacy(text: str) -> bool:
    """Tell whether ``text`` reads as TCVN3 or VNI rather than as Unicode."""
    composed = unicodedata.normalize("NFC", text)
    if not _SIGNS.isdisjoint(composed) or _VNI_PAIR.search(composed):
        return True
    # In TCVN3 small marked letters often look like capitals: "NguyÔn".
    return any(one.islower() and "À" <= two <= "Ý" for one, two in pairwise(composed))
