"""The words by which English text says that somebody said something: verbs with their forms, nouns, and words that only look like it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CueClass = Literal["says", "names", "denies", "declines"]


def words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Verb: its forms after the bare one. "names": what follows is how the subject calls something.
_SAYS = """
accuse accuses accused accusing|acknowledge acknowledges acknowledged acknowledging|add adds added adding
admit admits admitted admitting|announce announces announced announcing|answer answers answered answering
argue argues argued arguing|ask asks asked asking|assert asserts asserted asserting|boast boasts boasted boasting
caution cautions cautioned cautioning|claim claims claimed claiming|comment comments commented commenting
complain complains complained complaining|concede concedes conceded conceding|conclude concludes concluded concluding
confirm confirms confirmed confirming|continue continues continued continuing|counter counters countered countering
criticize criticizes criticized criticizing|criticise criticises criticised criticising
declare declares declared declaring|demand demands demanded demanding|emphasize emphasizes emphasized emphasizing
explain explains explained explaining|insist insists insisted insisting|joke jokes joked joking
maintain maintains maintained maintaining|mock mocks mocked mocking|mention mentions mentioned mentioning
note notes noted noting|object objects objected objecting|observe observes observed observing
pledge pledges pledged pledging|post posts posted posting|predict predicts predicted predicting
promise promises promised promising|question questions questioned questioning|quip quips quipped quipping
recall recalls recalled recalling|remark remarks remarked remarking|repeat repeats repeated repeating
reply replies replied replying|respond responds responded responding|retort retorts retorted retorting
say says said saying|speculate speculates speculated speculating|state states stated stating
stress stresses stressed stressing|suggest suggests suggested suggesting|summarize summarizes summarized summarizing
tell tells told telling|testify testifies testified testifying|threaten threatens threatened threatening
tweet tweets tweeted tweeting|underline underlines underlined underlining|urge urges urged urging
vow vows vowed vowing|warn warns warned warning|wonder wonders wondered wondering|write writes wrote written writing
read reads reading|speak speaks spoke spoken speaking|promise promises promised promising
"""
_SHOUTS = """
cry cries cried crying|exclaim exclaims exclaimed exclaiming|shout shouts shouted shouting
whisper whispers whispered whispering|mutter mutters muttered muttering|sigh sighs sighed sighing
gasp gasps gasped gasping|laugh laughs laughed laughing|snap snaps snapped snapping|scoff scoffs scoffed scoffing
report reports reported reporting|order orders ordered ordering|begin begins began beginning
interject interjects interjected interjecting|lament laments lamented lamenting|muse muses mused musing
protest protests protested protesting|agree agrees agreed agreeing|disagree disagrees disagreed disagreeing
imply implies implied implying|indicate indicates indicated indicating|reveal reveals revealed revealing
disclose discloses disclosed disclosing|assure assures assured assuring|remind reminds reminded reminding
advise advises advised advising|inform informs informed informing|echo echoes echoed echoing
reiterate reiterates reiterated reiterating|thank thanks thanked thanking|quote quotes quoted quoting
contend contends contended contending|allege alleges alleged alleging|apologize apologizes apologized apologizing
apologise apologises apologised apologising|clarify clarifies clarified clarifying
signal signals signalled signaled signalling
"""
_NAMES = """
call calls called calling|describe describes described describing|brand brands branded branding
label labels labelled labeled labelling|dub dubs dubbed dubbing
characterize characterizes characterized characterizing|denounce denounces denounced denouncing
condemn condemns condemned condemning|praise praises praised praising
"""
_DENIES = """
deny denies denied denying|reject rejects rejected rejecting|dismiss dismisses dismissed dismissing
refute refutes refuted refuting|dispute disputes disputed disputing|disavow disavows disavowed disavowing
contradict contradicts contradicted contradicting
"""
_DECLINES = "decline declines declined declining|refuse refuses refused refusing"


@dataclass(frozen=True, slots=True)
class Cue:
    base: str
    class_: CueClass
    form: Literal["bare", "finite", "ing"]


def _forms(table: str, class_: CueClass) -> dict[str, Cue]:
    found = {}
    for line in table.replace("\n", "|").split("|"):
        words = line.split()
        for word in words:
            form: Literal["bare", "finite", "ing"] = (
                "ing" if word.endswith("ing") else "bare" if word == words[0] else "finite"
            )
            found[word] = Cue(words[0], class_, form)
    return found


VERBS: dict[str, Cue] = {
    **_forms(_SAYS, "says"),
    **_forms(_SHOUTS, "says"),
    **_forms(_NAMES, "names"),
    **_forms(_DENIES, "denies"),
    **_forms(_DECLINES, "declines"),
}

# A possessor and one of these, then the words: "his answer was “no”".
NOUNS = words_of(
    """report accusation admission answer appeal assertion assessment assurance claim comment complaint conclusion denial demand email
    explanation letter line memo message objection phrase pledge post promise question remark remarks reply response retort slogan
    statement testimony threat tweet view vow warning word words"""
)
WORDS_USED = words_of("word words term terms phrase expression formula")
# What a person speaks in: “in a statement”, “at a news conference”.
OCCASIONS = NOUNS | words_of(
    "briefing call conference debate hearing interview meeting post press release speech telegram note newsletter"
)
# After these in a phrase that follows its verb, something else begins: “said the envoy in a letter”.
PHRASE_ENDS = words_of(
    "in on after before when while as during later with to by yesterday today who which that and but until because"
)
USES = words_of("use used uses using employ employed coin coined repeat repeated")

# What stands before a title or a name in quotation marks.
TITLES = words_of(
    """album article band banner book brand cartoon chapter codenamed column documentary dossier entitled essay exercise file film
    folder game group headline headlined heading initiative magazine movie named nicknamed novel operation opinion painting paper
    play poem program programme project report section ship show so-called song study titled town under underneath vessel yacht
    known code-named alias campaign malware tool virus worm"""
)
REFLEXIVE = words_of("itself himself herself themselves yourself myself ourselves")

# May stand between a subject and its verb.
BETWEEN = words_of(
    """also has have had then later again already now still once twice never often only even first finally just reportedly publicly
    privately would will did does do is was were be been not both all each yesterday today himself herself themselves itself thus so
    like likes liked love loves used went goes continues"""
)
# Subjects that name nobody.
NOBODY = words_of(
    """it this that there some many others one everyone everybody someone somebody people sources source rumours rumors rumour rumor
    reports report observers insiders critics voices what which nobody media press story stories"""
)
PRONOUNS = words_of("he she they i we")

# Begin a sentence in capitals and are no part of a name.
LEADING = words_of(
    """a about after again all although among an and another any anyone as asked asking at back because before besides both but by
    current despite during each earlier either even every ex-president finally first following for former from further given had has
    have he hence her here his however i if in incumbent indeed instead is it its last later like meanwhile more most much my
    nevertheless no none nor not now of on once one only or other others our over perhaps rather recently second she should
    similarly since so some something soon still such than that the their then there therefore these they this those though through
    throughout thus to today together tomorrow tonight two under unlike until up upon was we were what when where whether which
    while who why will with within without yes yesterday yet you your speaking addressing writing answering responding replying
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october
    november december asked according quoting citing says said"""
)
DAYS = words_of(
    """monday tuesday wednesday thursday friday saturday sunday january february april june july august september october november
    december"""
)
# Begin a noun phrase, and stay in it: “one delegate”, “both sides”.
DETERMINERS = words_of(
    "the a an his her its their our my one another some several two three many most both every each this that no"
)
KEPT_DETERMINERS = words_of("one another some several two three many most both")
# Subjects that name nobody and yet are said to speak: “sources say”.
ANONYMOUS = words_of(
    "source sources rumour rumours rumor rumors report reports observers insiders critics voices people some many others"
)

# Nouns by which an office or a body speaks.
OFFICES = words_of(
    """academy administration admiral advisers adviser advisor advisors agencies agency aide aides ambassador analyst analysts assembly
    assistant attorney author authorities authority bank body bureau cabinet campaign candidate center centre chair chairman
    chairwoman chancellor chief coalition colonel commander commission commissioner committee communique communiqué community
    company congressman congresswoman coordinator council counsel court delegate delegates delegation democrats department deputy
    diplomat diplomats director directorate duma editor editorial embassy envoy executive expert experts firm general government
    governor group head historian host institute intelligence investigator investigators journalist judge kremlin law-maker lawmaker
    lawmakers lawyer lawyers leader leaders legislator magistrate major manager mayor member members minister ministers ministry
    mission moderator monarch newspaper nominee office officer officers official officials operator ombudsman opposition panel
    parliament party pentagon police president presenter press-secretary prime-minister producer professor prosecutor prosecutors
    rapporteur rector regulator reporter reporters representative representatives republicans researcher researchers scholar
    scientist secretariat secretary senate senator senators service services side speaker spokesman spokesmen spokesperson
    spokespersons spokeswoman staff statement team technician treasury undersecretary union utility veteran vice-president watchdog
    witness witnesses writer"""
)
TITLES_OF_PERSONS = words_of(
    """president minister senator representative governor general colonel admiral secretary ambassador chancellor chairman chairwoman
    director judge professor king queen prince spokesman spokeswoman spokesperson adviser advisor envoy diplomat leader chief mayor
    prosecutor congressman congresswoman candidate deputy commissioner analyst researcher expert coordinator official officer
    delegate lawyer attorney speaker editor head journalist reporter host lawmaker nominee premier captain commander major inspector
    mr mr. mrs mrs. ms ms. dr dr. sen sen. rep rep. gen gen. gov gov. lt lt. col col. prof prof. sir lady lord"""
)
COURTESY = words_of("mr mr. mrs mrs. ms ms. dr dr. sir")
CONNECTORS = words_of("of for at in from de von van al bin der la le du del di da on to")
PLURAL_OFFICES = frozenset(word for word in OFFICES if word.endswith("s") and not word.endswith("ss"))
