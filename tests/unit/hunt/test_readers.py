"""When the event of a line happened, format by format."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from detente.hunt import readers


def us(text: str) -> int:
    """Independent of the readers: the standard library's own reading of ISO 8601."""
    moment = datetime.fromisoformat(text).replace(microsecond=0)
    fraction = datetime.fromisoformat(text).microsecond
    return int(moment.astimezone(UTC).timestamp()) * 1_000_000 + fraction


APACHE = (
    b'198.51.100.7 - frank [17/May/2015:10:05:03 +0200] "GET /a.png HTTP/1.1" 200 2326 "http://x/" "Mozilla/5.0 (X11)"'
)
COMMON = b'198.51.100.7 - - [17/May/2015:10:05:03 -0330] "GET / HTTP/1.0" 200 2326'
ZEEK_TSV = (
    b"#separator \\x09\n#set_separator\t,\n#path\tconn\n#fields\tuid\tts\tid.orig_h\n#types\tstring\ttime\taddr\n"
)


@pytest.mark.parametrize(
    ("head", "name", "line", "time"),
    [
        (APACHE, "apache", APACHE, "2015-05-17T10:05:03+02:00"),
        (COMMON, "apache", COMMON, "2015-05-17T10:05:03-03:30"),
        (
            ZEEK_TSV + b"C1\t1521911721.255387\t10.0.0.1",
            "zeek-tsv",
            b"C1\t1521911721.255387\t10.0.0.1",
            "2018-03-24T17:15:21.255387Z",
        ),
        (b"", "json", b'{"_path":"dns","ts":"2018-03-24T17:15:20.865716Z"}', "2018-03-24T17:15:20.865716Z"),
        (b"", "json", b'{"uid":"C1","ts":1521911721.255387}', "2018-03-24T17:15:21.255387Z"),
        (b"", "json", b'{"time":1521911721255,"msg":"x"}', "2018-03-24T17:15:21.255Z"),
        (b"", "json", b'{"__REALTIME_TIMESTAMP":"1521911721255387"}', "2018-03-24T17:15:21.255387Z"),
        (b"", "json", b'{"timestamp":1521911721255387999}', "2018-03-24T17:15:21.255387Z"),
        (b"", "json", b'{"eventTime":"2023-07-10T21:32:56+05:30","ts":null}', "2023-07-10T21:32:56+05:30"),
        (b"", "syslog-5424", b"<34>1 2003-10-11T22:14:15.003Z host su - ID47 - x", "2003-10-11T22:14:15.003Z"),
        (
            b"",
            "syslog-5424",
            b"<165>1 2003-08-24T05:14:15.000003-07:00 h p 8710 - - x",
            "2003-08-24T05:14:15.000003-07:00",
        ),
        (b"", "syslog-3164", b"<34>Oct 11 22:14:15 mymachine su: x", "2016-10-11T22:14:15Z"),
        (b"", "syslog-3164", b"Feb  9 02:04:05 host sshd[1]: x", "2016-02-09T02:04:05Z"),
        (b"", "syslog-3164", b"Feb 29 02:04:05 host sshd[1]: x", "2016-02-29T02:04:05Z"),
        (b"", "iso", b"2015-05-17T10:05:03,123456789 INFO x", "2015-05-17T10:05:03.123456Z"),
        (b"", "iso", b"2015-05-17 10:05:03 +0200 x", "2015-05-17T10:05:03+02:00"),
        (b"", "iso", b"2015-05-17 10:05:03.5+02 x", "2015-05-17T10:05:03.500+02:00"),
        (b"", "iso", b"[2015-05-17 10:05] x", "2015-05-17T10:05:00Z"),
        (b"", "iso", b"2015-05-17 10:05:03 -12 degrees", "2015-05-17T10:05:03Z"),
        (b"", "iso", b"2016-12-31T23:59:60Z leap", "2017-01-01T00:00:00Z"),
    ],
)
def test_a_format_is_told_by_the_first_lines_and_its_times_are_read(
    head: bytes, name: str, line: bytes, time: str
) -> None:
    log_format = readers.detect(head or line, year=2016)
    assert log_format.name == name
    assert log_format.time_us(line) == us(time)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[]",
        b'{"ts":true}',
        b'{"ts":-5}',
        b'{"ts":1e999}',
        b'{"ts":"soon"}',
        b'{"ts":NaN}',
        b'{"ts":' + b"9" * 5000 + b"}",
        b"{" * 10_000,
        b'{"a":' * 10_000,
        b"[17/Mai/2015:10:05:03 +0200]",
        b"[31/Feb/2015:10:05:03 +0200]",
        b"2015-13-17T10:05:03Z",
        b"2015-05-17T24:05:03Z",
        b"2015-05-17T10:05:03+99:00",
        b"<34>1 - host su - ID47 - x",
        b"Foo 11 22:14:15 x",
        b"0000-01-01T00:00:00Z",
        b"9999-12-31T23:59:59-23:00",
        b"1969-12-31T23:59:59Z",
        b'{"ts":"9999-12-31T23:59:59-23:59"}',
        b"\xff\xfe",
    ],
)
def test_a_line_without_a_sound_time_gives_none_in_every_format(line: bytes) -> None:
    zeek = readers.detect(ZEEK_TSV).time_us
    for read in (readers.read_apache, readers.read_json, readers.read_iso, readers.read_syslog_5424, zeek):
        assert read(line) is None
    assert readers.syslog_3164_reader(2015)(line) is None


def test_syslog_without_a_year_is_recognised_and_has_no_time() -> None:
    log_format = readers.detect(b"Feb  9 02:04:05 host sshd[1]: x\n")
    assert (log_format.name, log_format.time_us(b"Feb  9 02:04:05 host x")) == ("syslog-3164", None)


def test_the_29th_of_february_has_no_time_in_a_year_without_it() -> None:
    assert readers.syslog_3164_reader(2015)(b"Feb 29 02:04:05 host x") is None


def test_a_few_foreign_lines_do_not_change_the_format() -> None:
    assert readers.detect(b"garbage\n" + b'{"ts":1521911721}\n' + APACHE + b"\n" + COMMON + b"\n").name == "apache"


def test_text_without_times_is_plain() -> None:
    log_format = readers.detect(b"evil.example\n198.51.100.7\n")
    assert (log_format.name, log_format.time_us(b"evil.example")) == ("plain", None)
    assert readers.detect(b"").name == "plain"


def test_a_zeek_header_without_a_time_column_gives_no_times() -> None:
    assert readers.detect(b"#separator \\x09\n#fields\tuid\thost\nC1\t10.0.0.1\n").name == "plain"


def test_a_zeek_log_may_have_another_separator_and_its_comment_lines_no_time() -> None:
    log_format = readers.detect(b"#separator \\x2c\n#fields,ts,uid\n1521911721.0,C1\n")
    assert log_format.time_us(b"1521911721.0,C1") == 1521911721_000000
    assert log_format.time_us(b"#close,2018-03-24-18-00-00") is None
    assert log_format.time_us(b"-,C1") is None
