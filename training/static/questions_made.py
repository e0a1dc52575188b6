"""Questions made from templates written here and WordNet's commoner words: they say much the same in other words."""

import random
from pathlib import Path

COUNT = 60_000
SEED = 6

TEMPLATES = """
how do i {verb} a {noun}?
how can i {verb} my {noun}?
how can one {verb} a {adj} {noun}?
how should i {verb} the {noun} of my {noun2}?
how do you {verb} without a {noun}?
how does a {noun} {verb}?
how long does it take to {verb} a {noun}?
how much does a {adj} {noun} cost?
how much does it cost to {verb} a {noun} in {place}?
how many {noun}s are there in {place}?
how is a {noun} different from a {noun2}?
how is {noun} related to {noun2}?
how did {noun} affect {noun2} in {place}?
what is a {noun}?
what is {noun}?
what is the meaning of {noun}?
what does {adj} mean?
what does it mean to {verb}?
what is the difference between {noun} and {noun2}?
what are the differences between a {noun} and a {noun2}?
what is the best {noun}?
what is the best way to {verb} a {noun}?
what is the best {noun} for a {adj} {noun2}?
what are the best ways to {verb} {noun}?
what are some good {noun}s for {noun2}?
what are some {adj} examples of {noun}?
what are the benefits of {noun}?
what are the side effects of {noun}?
what are the causes of {adj} {noun}?
what are the advantages and disadvantages of {noun}?
what should i do if my {noun} is {adj}?
what happens if you {verb} a {noun}?
what would happen if {place} did not have {noun}?
what is the purpose of {noun} in {noun2}?
what are your views on {noun} in {place}?
which is better, {noun} or {noun2}?
which {noun} is the most {adj}?
which is the best {noun} in {place}?
why is my {noun} {adj}?
why is {noun} so {adj}?
why do people {verb} {noun}s?
why do i always {verb} when i see a {noun}?
why does {place} not {verb} its {noun}?
why is {place} known for its {noun}?
why should i {verb} {noun}?
is it possible to {verb} a {noun}?
is it {adj} to {verb} a {noun}?
is {noun} {adj}?
is there a {noun} in {place}?
is there any {adj} way to {verb} {noun}?
are {noun}s {adj}?
can i {verb} a {noun} in {place}?
can you {verb} a {noun} with a {noun2}?
can a {noun} {verb} a {noun2}?
could a {adj} {noun} ever {verb}?
do {noun}s {verb}?
does {noun} cause {noun2}?
does a {noun} need a {noun2} to {verb}?
did {place} ever {verb} its {noun}?
should i {verb} my {noun} or not?
should {noun} be {adj} in {place}?
where can i find a {adj} {noun}?
where can i buy {noun} in {place}?
where is the {noun} of {place}?
when should i {verb} my {noun}?
when did {place} {verb} the {noun}?
who is the best {noun} in {place}?
who invented the {noun}?
i want to {verb} my {noun}, what should i do?
i have {noun} and {noun2}, is that {adj}?
i cannot {verb} my {noun} anymore
my {noun} does not {verb}
my {noun} is {adj} after i {verb} it, should i worry?
tell me about the {noun} in {place}
please {verb} the {adj} {noun}
show me how to {verb} a {noun}
explain {noun} to a {noun2}
a {noun} is {adj}
the {adj} {noun} will {verb} the {noun2}
{noun} and {noun2} in {place}
"""

PLACES = """india china america london new_york germany france japan canada australia europe africa california texas mexico
russia italy spain brazil pakistan england bangalore delhi mumbai chicago paris singapore israel korea school college
university hospital summer winter history mathematics physics chemistry biology java python excel windows android""".split()


def questions_made(wordnet: Path) -> list[str]:
    chance = random.Random(SEED)
    templates = TEMPLATES.strip().splitlines()
    words = {part: common_words(wordnet, part) for part in ("noun", "verb", "adj")}
    return [filled(chance.choice(templates), words, chance) for _ in range(COUNT)]


def filled(template: str, words: dict[str, list[str]], chance: random.Random) -> str:
    return template.format(
        noun=chance.choice(words["noun"]),
        noun2=chance.choice(words["noun"]),
        verb=chance.choice(words["verb"]),
        adj=chance.choice(words["adj"]),
        place=chance.choice(PLACES).replace("_", " "),
    )


def common_words(wordnet: Path, part: str) -> list[str]:
    """Words of which a sense occurs in WordNet's tagged texts, those of several words too."""
    number = {"noun": "1", "verb": "2", "adj": "35"}[part]
    counts: dict[str, int] = {}
    with open(wordnet / "index.sense", encoding="utf-8") as file:
        for line in file:
            key, _, _, count = line.split()
            lemma, rest = key.split("%", 1)
            if rest[0] in number and int(count) > 0:
                counts[lemma] = counts.get(lemma, 0) + int(count)
    return sorted(lemma.replace("_", " ") for lemma in counts)
