"""The table's tokens: BERT's without those that no text can have ([PAD], [CLS], [SEP], [MASK], [unused...])."""

from teacher import reference_tokenizer

UNKNOWN = 100
FIRST_ORDINARY = 999
# As many as the teacher reads beside [CLS] and [SEP].
MAX_TOKENS = 94


def vocabulary() -> list[str]:
    tokenizer = reference_tokenizer()
    return [tokenizer.id_to_token(index) for index in [UNKNOWN, *range(FIRST_ORDINARY, tokenizer.get_vocab_size())]]


def row_of(reference_id: int) -> int:
    """Row 0 is the unknown token; an ordinary one has BERT's id less 998."""
    return 0 if reference_id == UNKNOWN else reference_id - FIRST_ORDINARY + 1


def rows_of(texts: list[str], most: int = MAX_TOKENS) -> list[list[int]]:
    encoded = reference_tokenizer().encode_batch(texts, add_special_tokens=False)
    return [[row_of(index) for index in encoding.ids[:most]] for encoding in encoded]
