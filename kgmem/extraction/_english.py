"""Closed classes of English words that the rules look up."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


PERSON_PRONOUNS = {"he": "m", "him": "m", "himself": "m", "she": "f", "her": "f", "herself": "f"}
SPEAKER_PRONOUNS = _set("i me myself we us ourselves")
ADDRESSEE_PRONOUNS = _set("you yourself ya u")
POSSESSIVES = {
    "my": "speaker",
    "mine": "speaker",
    "our": "speaker",
    "ours": "speaker",
    "your": "addressee",
    "yours": "addressee",
}

FEMALE = _set(
    "sister mother mom mum mama mommy wife daughter girlfriend aunt grandmother grandma "
    "granny niece granddaughter girl woman lady queen actress waitress bride fiancee fiancée nana"
)
MALE = _set(
    "brother father dad papa daddy husband son boyfriend uncle grandfather grandpa granddad "
    "nephew grandson boy man guy king actor waiter groom fiance fiancé"
)
# "My father-in-law", "my stepfather": not the father.
IN_LAWS = ("{}-in-law", "step{}")
FEMALE |= {form.format(kin) for kin in ("mother", "sister", "daughter") for form in IN_LAWS}
MALE |= {form.format(kin) for kin in ("father", "brother", "son") for form in IN_LAWS}
KINDRED = (
    FEMALE
    | MALE
    | _set(
        "friend cousin parent child kid sibling partner spouse boss manager coworker co-worker "
        "colleague neighbor neighbour roommate roomie flatmate classmate teammate teacher mentor coach "
        "doctor therapist buddy pal mate relative grandparent grandchild grandkid baby student "
        "supervisor landlord tenant agent lawyer client assistant"
    )
)
# Those whom one calls by what they are: "Thanks, Mom".
ELDERS = _set(
    "mom mum mama mommy mother dad papa daddy father grandma granny grandpa granddad nana"
)
GREETINGS = _set("hey hi hello thanks bye goodbye morning cheers sorry welcome yo dear")
EX = _set(
    "ex-husband ex-wife ex-boyfriend ex-girlfriend ex-partner ex-fiancé ex-fiancée ex-fiance "
    "ex-fiancee ex"
)
KINDRED |= EX
# People of whom no more is told than that they are.
NOBODY = _set(
    "man woman men women guy guys girl girls boy boys lady people person someone somebody"
)
PETS = _set("dog cat puppy kitten pup kitty rabbit hamster parrot horse pet")

DWELLINGS = _set(
    "flat apartment house condo studio loft cottage bungalow townhouse cabin mansion dorm dormitory van trailer room"
)

# "the city of London": the noun only says what the name is.
PLACE_CLASSES = _set(
    "city town village country state island region province county district continent municipality"
)
ARTICLE_NAMES = _set(
    "united netherlands philippines european bahamas gambia maldives soviet czech alps "
    "himalayas british french german american russian ottoman roman vatican republic kingdom "
    "government"
)
CLASSES = PLACE_CLASSES | _set(
    "language religion sport position field profession role title genre post office rank "
    "faith game party company team band club planet subject area discipline name"
)

MODALS = _set("would could might may should must can 'd ca shall ought better")
FUTURES = _set("will 'll wo gonna")
WHENS = _set("when once before after until as that")
FICTION = _set("dream nightmare novel story movie film book game play")
YOUTH = _set("old young little small kid child boy girl teenager teen baby")
SPELLS = _set("moment instant minute day week month year hour")
WEEKDAYS = _set("monday tuesday wednesday thursday friday saturday sunday")
CONDITIONS = _set("if unless whether though_if lest until till than so")

# What they govern is told as so.
FACTIVE = _set(
    "say tell know learn hear find realize realise see notice remember mention announce "
    "discover show reveal explain forget report inform write text confirm recall state"
)
FACTIVE_ADJECTIVES = _set(
    "glad happy sorry great good nice awesome amazing cool proud thankful grateful lucky sad "
    "wonderful fantastic thrilled surprised excited relieved"
)
ASPECT = _set("start begin continue keep resume get go manage happen help")
STARTS = _set("start begin resume")
STOPS = _set("stop quit cease finish")
WISHES = {
    "want": "wants_to",
    "wanna": "wants_to",
    "hope": "wants_to",
    "wish": "wants_to",
    "dream": "wants_to",
    "need": "wants_to",
    "long": "wants_to",
    "aim": "plans_to",
    "plan": "plans_to",
    "intend": "plans_to",
    "consider": "plans_to",
    "decide": "plans_to",
    "prepare": "plans_to",
    "expect": "plans_to",
    "look": "plans_to",
    "think": "plans_to",
    "go": "plans_to",
    "promise": "plans_to",
    "agree": "plans_to",
    "try": "tries_to",
    "attempt": "tries_to",
}
TASTES = _set("love like enjoy hate dislike prefer adore miss")

# Say nothing of the world, or nothing without their clause.
IDLE_VERBS = _set(
    "think guess mean suppose believe bet imagine wonder doubt thank hope wish sound "
    "seem appear let matter agree suspect assume please welcome happen rock "
    "say tell know see hear wait worry depend exist cheer "
    "congratulate"
)
WEATHER = _set("rain snow pour hail freeze")
IDLE_ADJECTIVES = _set(
    "glad happy sorry sure excited great good nice awesome amazing cool fine okay ok right "
    "true wrong thankful grateful proud lucky fun ready able welcome wonderful fantastic here "
    "there thrilled curious aware stoked pumped blessed impressed hard important incredible "
    "beautiful lovely cute sweet interesting crazy funny super well worth easy tough "
    "difficult inspiring inspired honored pleased delighted certain afraid bad real kind "
    "yours"
)
IDLE_NOUNS = _set(
    "thing lot bit way time kind sort sense stuff something anything nothing everything "
    "someone anyone everyone somebody nobody everybody anybody one ones it that this these "
    "those all some any none most more much many what which who there here case idea point "
    "fact reason difference part other others another each both whatever while day moment "
    "couple few bunch ton care look luck deal"
)
IDLE_SUBJECTS = _set(
    "it that this these those there what which one everything nothing something anything all"
)
DEPICTIVE = _set("current present actual new former real full then original origianl")
PREPOSITIONS = _set(
    "at in to with for from on about into of over by onto near against through toward towards "
    "as under between among around across behind alongside beside within inside outside up "
    "off out"
)
SPLITTING = ("in", "at", "on", "with", "from")
MINOR_PREPOSITIONS = _set("at in to with for from on about into near by as")
DISMISSALS = ("fire", "lay off", "let go")
EMPLOYING = ("hire", *DISMISSALS)
# What a verb ends when nothing is named: "we broke up", "he retired".
ENDS_ALONE = {
    "break up": ("dating", "married_to"),
    "split up": ("dating", "married_to"),
    "divorce": ("married_to",),
    "separate": ("married_to",),
    "retire": ("works_at",),
    "resign": ("works_at",),
    "fire": ("works_at",),
    "lay off": ("works_at",),
    "let go": ("works_at",),
    "drop out": ("studies_at",),
}
STATIVE = _set("live work stay reside study be own belong date play teach serve dwell")
RECIPROCAL = {
    "marry": "married_to",
    "meet": "meets",
    "date": "dating",
    "engage": "engaged_to",
    "divorce": "divorce",
    "break up": "break_up_with",
    "split up": "split_up_with",
    "separate": "separate_from",
    "get together": "dating",
    "be together": "dating",
    "get back together": "dating",
    "fall out": "fall out with",
}
ENTITY_TYPES = {
    "PERSON": "person",
    "GPE": "place",
    "LOC": "place",
    "FAC": "place",
    "ORG": "organization",
    "NORP": "group",
    "DATE": "date",
    "TIME": "date",
    "EVENT": "event",
    "WORK_OF_ART": "work",
    "LAW": "work",
    "PRODUCT": "product",
    "LANGUAGE": "language",
    "MONEY": "value",
    "PERCENT": "value",
    "QUANTITY": "value",
}

SOFT = _set("has is_a likes plans_to wants_to knows experienced works_on meets part_of plays")
# Done once and again without being anybody's habit.
NO_HABITS = _set(
    "go come be have do get know see hear think mean agree understand remember forget care matter "
    "wait try happen stop start begin end continue keep leave arrive return stay live exist die "
    "say tell ask answer talk call rock love hate like miss need want hope wish believe guess "
    "suppose wonder look feel seem appear sound pray thank worry doubt promise swear bet help move "
    "look grow change win lose rest work study"
)
# Their objects are what is to be done.
TO_DO = _set("plans_to wants_to tries_to")
# Whose time is a fact of its own.
DATED = {"bear": "born_on", "die": "died_on", "pass away": "died_on"}
# "Please remember that I moved" tells it.
REMINDERS = _set("remember note know mind forget notice scratch")
# Done at one point: in the progressive they have not been done yet.
TELIC = _set(
    "move leave quit marry join sell relocate retire resign divorce graduate emigrate return "
    "switch separate propose"
)
GETTING = _set("have adopt get own buy rescue foster keep")
# Whose past looks like their base form.
SAME_IN_PAST = _set("quit put cut let hit split set shut cost hurt bet spread")
ADVERB_PARTICLES = _set("back away out together in over off up down along apart")
# Whom one has one after the other: the first one is past.
IN_TURN = _set("boss manager supervisor")
# Who is somewhere without working there.
GUESTS = _set(
    "guest visitor tourist regular member patient customer client resident student pupil fan newcomer beginner "
    "speaker volunteer participant finalist winner passenger stranger kid child parent"
)
PARTNERS = _set("husband wife girlfriend boyfriend partner spouse fiance fiancé fiancee fiancée")
IN_TURN |= PARTNERS
# What one works at by joining it; of all else one is a member.
EMPLOYERS = _set(
    "company firm startup start-up bank agency business corporation bakery shop store hospital "
    "clinic studio practice office department ministry factory newspaper restaurant university"
)
BARE_VERBS = _set("be have do get go come become")
# The lemmatizer takes "hoping" for hopping.
LEMMAS = {
    "hop": "hope",
    "hat": "hate",
    "gon": "go",
    "wan": "want",
    "gotta": "have",
    "plann": "plan",
}
LINKING = _set("feel become get grow stay turn go")
NOT_NOW = _set("former previous late future old last then")
LOOKS = _set("into after for forward at")
PHASES_BY_ADJUNCT = _set("be have spend keep stay")
