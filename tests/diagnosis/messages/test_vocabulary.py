"""The vocabulary finds just what asking for each word would find."""

from hypothesis import given
from hypothesis import strategies as st

from runbook_lib.diagnosis.messages import events, refusals, starts
from runbook_lib.diagnosis.messages.vocabulary import Vocabulary
from tests.diagnosis.messages.corpus import MESSAGES

WORDS = sorted({*starts.words(), *events.words(), *refusals.words()})


@given(st.lists(st.text("ab ", min_size=4, max_size=9), min_size=1, max_size=8), st.text("ab ", max_size=40))
def test_as_asking_for_each(words, text):
    assert Vocabulary(words).of(text) == {word for word in words if word in text}


def test_as_asking_for_each_of_the_catalogues_words():
    vocabulary = Vocabulary(WORDS)
    for message in MESSAGES:
        text = message.text.lower()
        assert vocabulary.of(text) == {word for word in WORDS if word in text}


def test_words_are_as_a_parsed_message_has_them():
    """Lower case, straight quotes, no contraction: others would never be found."""
    assert [
        word for word in WORDS if word != word.lower() or not word.isascii() or "n't" in word or len(word) < 4
    ] == []
