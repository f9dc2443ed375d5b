"""The demo as a stranger runs it first: in a process of its own, over HTTP, and ending by itself."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import pytest

from detente.demo import run_demo, story
from detente.demo.public_record import EVENTS, RECORD, SUMMARY
from detente.demo.weblog import LINES, PLANTED_HITS, make_log
from detente.errors import InvalidStatement
from detente.words import loaded_words
from tests.shared import shared
from tests.tree import ROOT

# Runs the command with a network that ends at this machine.
ALONE = """
import socket, sys
real = socket.socket.connect
def connect(self, address):
    if address[0] != "127.0.0.1":
        sys.exit(f"the demo wants to talk to {address}")
    return real(self, address)
socket.socket.connect = connect
from detente.cli.main import main
main(["demo", "--script", "--folder", sys.argv[1]])
"""

SENTENCES = (
    "Parties, people and data are invented, but for step 9, which quotes a public record. Nothing leaves this machine.",
    "imports lantern.csv: 38 indicators. Line 40 is not read: 'MUTEX' is no kind we look for.",
    "shares 36: 36 to Borovia, 25 to Harbour (agreed: up to TLP:GREEN).",
    "Removed before it left, by class and count: e-mail 2, own-address 2, own-host 1, word 1.",
    "Held back whole: 1 that looks for an address of Aldmere's own network.",
    "says one TLP:RED indicator to Borovia, by name.",
    "opens the 37 addressed to it. ✓ Each fits the commitment in the log.",
    "✓ It holds nothing that is marked above TLP:GREEN",
    "hunts 37 indicators in 3,000 lines",
    "▁▁▂▂▁▁▂▄█▅▂▁▂▁  58 hits of 8 indicators",
    "sends back 8 sightings: counts and times. ✓ No log line is in them, no address, no name.",
    "They are what Borovia says",
    "✓ cosigned by cert.borovia.example, harbour.example",
    "✕ the same text with one name changed is refused",
    "✓ grep for “Ines Calder” in its folder finds nothing",
    "nobody can be made to forget",
    "asks Borovia for information, and to keep the data: request ",
    "acknowledges, which agrees to nothing. The clock of the reply runs until ",
    "✓ Both nodes hold the same thread: 4 entries with the same digests, the same states, the same times.",
    "records 23 short quotations and tells both",
    "By class: asserts 12, denies 3, declines-to-assert 0, reports 1; unattributed 7, counted for nothing.",
    "Was the channel of 2013 ever used? Four accounts of one fact:",
    "29 May 2019, Andrey Krutskikh, through TASS: “all three levels are being used”",
    "Denial (scope not stated), September 2016: “Vladimir Putin” denied on responsibility: “At the state level, we",
    "Denial (scope not stated), January 2017: “DNC” denied on evidence: “never requested access”",
    "4 assessed (own work 3, coordinated 1); endorsed by 0; denied by 0; explicit non-assertion by 0; no recorded assessment: 13 of 17",
    "✓ “uniform” is computed, never typed; here it is not written: analytic confidence differs",
    "2 in 74 days before 5 Sep 2016, 0 in 64 days after. Leaks are another class, and not counted.",
    "The answer: too few data: silence this long had about a 21% chance with no change.",
    "✓ The three nodes print the same chronology, byte for byte: 30 lines, each with log, entry and digest.",
    "✕ CERT Aldmere has shown two different histories. Both are signed by its key:",
    "It can be: a restored backup · a stolen key · intent. Borovia does not know which.",
    "shares nothing more with Aldmere until the two have talked.",
    "✓ Everything was as told",
)

_NAMES = """
    Afghanistan Albania Algeria Andorra Angola Argentina Armenia Australia Austria Azerbaijan Bahamas Bahrain Bangladesh Barbados
    Belarus Belgium Belize Benin Bhutan Bolivia Bosnia Botswana Brazil Britain Brunei Bulgaria Burundi Cambodia Cameroon Canada Chad
    Chile China Colombia Comoros Congo Croatia Cuba Cyprus Czechia Denmark Djibouti Dominica Ecuador Egypt England Eritrea Estonia
    Eswatini Ethiopia Fiji Finland France Gabon Gambia Georgia Germany Ghana Greece Grenada Guatemala Guinea Guyana Haiti Honduras
    Hungary Iceland India Indonesia Iran Iraq Ireland Israel Italy Jamaica Japan Jordan Kazakhstan Kenya Kiribati Korea Kosovo Kuwait
    Kyrgyzstan Laos Latvia Lebanon Lesotho Liberia Libya Liechtenstein Lithuania Luxembourg Madagascar Malawi Malaysia Maldives Mali
    Malta Mauritania Mauritius Mexico Micronesia Moldova Monaco Mongolia Montenegro Morocco Mozambique Myanmar Namibia Nauru Nepal
    Netherlands Nicaragua Niger Nigeria Norway Oman Pakistan Palau Palestine Panama Paraguay Peru Philippines Poland Portugal Qatar
    Romania Russia Rwanda Samoa Senegal Serbia Seychelles Singapore Slovakia Slovenia Somalia Spain Sudan Suriname Sweden Switzerland
    Syria Taiwan Tajikistan Tanzania Thailand Togo Tonga Tunisia Turkey Turkmenistan Tuvalu Uganda Ukraine Uruguay Uzbekistan Vanuatu
    Venezuela Vietnam Yemen Zambia Zimbabwe America American Russian Chinese British Iranian Korean
"""
STATES = tuple(_NAMES.split())
BLAME = ("attack by", "attacker", "culprit", "guilty", "betray", "liar", "lied", "enemy", "hostile", "cheat", "victim")


def test_the_demo_tells_its_story_checks_it_and_ends(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    ran = subprocess.run(
        [sys.executable, "-c", ALONE, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=tmp_path,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stderr == ""
    flat = re.sub(r"\s+", " ", ran.stdout)
    assert [sentence for sentence in SENTENCES if re.sub(r"\s+", " ", sentence) not in flat] == []
    assert "\x1b" not in ran.stdout, "colours are for terminals"
    lines = ran.stdout.splitlines()
    assert [line for line in lines if len(line) > 100 or line != line.rstrip()] == []
    ours = re.sub("“[^”]*”", "“”", flat)
    assert [word for word in (*STATES, *BLAME) if re.search(rf"\b{word}\b", ours, re.IGNORECASE)] == []
    assert loaded_words(flat) == []
    told = flat[: flat.index("A public record: 2016 and 2017")] + flat[flat.index("One log, two histories") :]
    assert [word for word in STATES if re.search(rf"\b{word}\b", told)] == [], (
        "real states stand in the public record alone"
    )

    receipt, opening, policy = (folder / f"aldmere-42.{end}" for end in ("tlog-proof", "opening.json", "policy"))
    log_key = policy.read_text().split("\n")[0].removeprefix("log ")
    paths = [str(receipt), "--log", log_key, "--policy", str(policy), "--opening", str(opening)]
    checked = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "check.py"), *paths],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    record = (folder / "public-record.md").read_text(encoding="utf-8")
    assert loaded_words(record) == []
    assert all(words.quote.replace("“", "‘").replace("”", "’") in record for words in RECORD)
    assert (folder / "two-histories.evidence").read_bytes().startswith(b"detente/fork-evidence/v1")


def test_a_step_that_is_not_as_told_ends_the_demo_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story, "PLANTED_HITS", PLANTED_HITS + 1)
    out = io.StringIO()
    assert run_demo(script=True, folder=tmp_path / "demo", out=out) == 1
    assert f"✕ Not as told: {PLANTED_HITS} hits in {LINES} lines" in out.getvalue()
    assert "5 Aldmere reads" not in out.getvalue()


def test_every_quotation_of_the_public_record_is_one_that_is_held_and_each_has_a_date_and_a_way() -> None:
    held = json.loads(shared("tables/seed_requirements.json").read_text(encoding="utf-8"))
    accounts = json.loads(shared("tables/channels_us_ru_2013.json").read_text(encoding="utf-8"))["claims_about_use"]
    texts = [row["quote"] for row in held] + [row["claim"] for row in accounts]
    quoted_elsewhere = {"multiple requests at different levels", "never requested access"}
    for words in RECORD:
        assert words.quote in quoted_elsewhere or any(words.quote in text for text in texts), words.key
        assert len(words.quote) <= 120, "quotations are short"
        assert words.said
        assert words.hops
        assert words.speaker or words.key in (
            "systems",
            "ceasing",
            "never-used",
            "once",
            "channel-used",
            "daily",
            "not-asserting",
        )
    assert [words.key for words in RECORD if SUMMARY in words.ambiguity] == ["channel-used"]
    assert not [word for word in STATES if re.search(rf"\b{word}\b", EVENTS)]


def test_the_demo_does_not_touch_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InvalidStatement, match="not empty"):
        run_demo(script=True, folder=tmp_path, out=io.StringIO())


def test_the_log_of_the_demo_is_the_same_for_the_same_day() -> None:
    day = datetime(2026, 11, 21, 23, 59, tzinfo=UTC)
    log = make_log(day)
    assert log == make_log(day.replace(hour=1))
    lines = log.decode().splitlines()
    assert len(lines) == LINES
    assert "[08/Nov/2026:" in lines[0]
    assert "[21/Nov/2026:" in lines[-1]


def test_what_the_demo_ships_names_no_place_of_this_world() -> None:
    data = files("detente.demo").joinpath("data")
    texts = [entry.read_text(encoding="utf-8") for entry in data.iterdir()]
    assert len(texts) == 2
    for text in [*texts, make_log(datetime(2026, 11, 21, tzinfo=UTC)).decode()]:
        assert [word for word in STATES if re.search(rf"\b{word}\b", text)] == []
        plain = text.replace("[.]", ".")
        networks = set(re.findall(r"^(\d+\.\d+\.\d+)\.\d+[ ,]", plain, re.MULTILINE))
        assert networks <= {"192.0.2", "198.51.100", "203.0.113"}
        hosts = re.findall(r"^([a-z0-9.-]+\.[a-z]+),FQDN|(?:http|hxxp)s?://([a-z0-9.-]+)", plain, re.MULTILINE)
        assert hosts
        assert {(fqdn or host).rpartition(".")[2] for fqdn, host in hosts} <= {"test", "example"}
        assert {name.rpartition(".")[2] for name in re.findall(r"@([a-z0-9.-]+[a-z])", plain)} <= {"example"}
