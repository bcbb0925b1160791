"""Which language a text is most likely in: by script, and among Latin scripts by the commonest short words.

For counting the mix of a model's traffic, not for deciding about one text: of a text of three words the answer is often
"other". Looks at the first `LOOKED` characters.
"""

from __future__ import annotations

import re

LANGUAGES = ("other", "ar", "de", "en", "es", "fr", "hi", "it", "pt", "ru", "tr", "ur", "zh")
PLACE = {name: n for n, name in enumerate(LANGUAGES)}
LOOKED = 240
WORD = re.compile(r"[^\W\d_]+")
COMMON = {
    "de": "der die das und ist nicht ich ein eine mit zu den auf für wie mein kann bitte von sie auch dem warum was",
    "en": "the and is to of my i a in for you it how do can what this that on please are be with have why not card",
    "es": "el la los las que de y es un una mi en por para con cómo qué no puedo se del favor una está",
    "fr": "le la les et est un une je mon ma de des que pour pas comment avec vous mes ce sur du dans puis quoi",
    "it": "il la gli che di e è un una mio mia per non come con posso sono del della perché questo mi",
    "pt": "o a os as que de e é um uma meu minha para com como não posso em do da por você está",
    "tr": "ve bir bu için ne nasıl ben mi mı değil ile kart çok var benim neden lütfen",
}
OF_WORD: dict[str, tuple[int, ...]] = {}
for _name, _words in COMMON.items():
    for _word in _words.split():
        OF_WORD[_word] = tuple(sorted({*OF_WORD.get(_word, ()), PLACE[_name]}))
SCRIPTS = (
    ("ur", re.compile("[\u0679\u0688\u0691\u06ba\u06be\u06c1\u06d2]")),  # letters Arabic does not have
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
)
LEAST = 3  # letters of a script that make it the text's


def language(text: str) -> int:
    """The place of the language in `LANGUAGES`."""
    begin = text[:LOOKED]
    if not begin.isascii():
        for name, letters in SCRIPTS:
            if len(letters.findall(begin)) >= LEAST:
                return PLACE[name]
    votes = [0] * len(LANGUAGES)
    for word in WORD.findall(begin.lower()):
        for place in OF_WORD.get(word, ()):
            votes[place] += 1
    most = max(votes)
    return votes.index(most) if most >= 2 or (most and votes.count(most) == 1) else 0
