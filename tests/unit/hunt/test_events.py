"""What readers tell of an event: the two ends, the host of ours, the way it went, and whether it was let through."""

# ruff: noqa: E501 - log lines are as long as they are

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.errors import InvalidStatement
from detente.hunt.readers import FORMATS, detect
from detente.hunt.readers.event import action_of, flow

ZEEK = b"#separator \\x09\n#fields\tts\tuid\tid.orig_h\tid.resp_h\tconn_state\tlocal_orig\tlocal_resp\n"
CSV = b"Timestamp,Src_IP,Dst_IP,Action,Host\n"


@pytest.mark.parametrize(
    ("head", "name", "line", "ends", "host", "direction", "action"),
    [
        (b"", "apache", b'198.51.100.7 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 23 "-" "curl"',
         ("198.51.100.7", ""), "", "in", "allowed"),
        (b"", "apache", b'www.a.example:443 198.51.100.7 - - [17/May/2015:10:05:03 +0000] "POST /a HTTP/1.1" 403 23',
         ("198.51.100.7", "www.a.example:443"), "www.a.example:443", "in", "blocked"),
        (b"", "apache", b'10.0.0.1 - - [17/May/2015:10:05:03 +0000] "GET http://evil.example/x HTTP/1.1" 404 23',
         ("10.0.0.1", "evil.example"), "10.0.0.1", "out", "unknown"),
        (b"", "apache", b'10.0.0.1 - - [17/May/2015:10:05:03 +0000] "CONNECT evil.example:443 HTTP/1.1" 407 0',
         ("10.0.0.1", "evil.example:443"), "10.0.0.1", "out", "blocked"),
        (b"", "apache", b'198.51.100.7 - - [17/May/2015:10:05:03 +0000] "\\x16\\x03\\x01" 400 0',
         ("198.51.100.7", ""), "", "in", "unknown"),
        (ZEEK, "zeek-tsv", b"1521911721.2\tC1\t10.0.0.1\t198.51.100.7\tSF\t-\t-",
         ("10.0.0.1", "198.51.100.7"), "10.0.0.1", "out", "allowed"),
        (ZEEK, "zeek-tsv", b"1521911721.2\tC1\t198.51.100.7\t203.0.113.1\tREJ\tF\tT",
         ("198.51.100.7", "203.0.113.1"), "203.0.113.1", "in", "blocked"),
        (ZEEK, "zeek-tsv", b"1521911721.2\tC1\t10.0.0.1\t10.0.0.2\tS0\t-\t-",
         ("10.0.0.1", "10.0.0.2"), "10.0.0.1", "unknown", "unknown"),
        (b"", "zeek-json", b'{"_path":"ssh","_write_ts":1,"ts":1521911721,"id.orig_h":"198.51.100.7","id.resp_h":"10.0.0.1","auth_success":false}',
         ("198.51.100.7", "10.0.0.1"), "10.0.0.1", "in", "blocked"),
        (b"", "suricata", b'{"timestamp":"2018-03-24T17:15:20.86+0000","event_type":"alert","src_ip":"198.51.100.7","dest_ip":"10.0.0.1","alert":{"action":"blocked","signature":"s"}}',
         ("198.51.100.7", "10.0.0.1"), "10.0.0.1", "in", "blocked"),
        (b"", "suricata", b'{"timestamp":"2018-03-24T17:15:20.86+0000","event_type":"dns","flow_id":1,"src_ip":"10.0.0.1","dest_ip":"198.51.100.7"}',
         ("10.0.0.1", "198.51.100.7"), "10.0.0.1", "out", "unknown"),
        (b"", "windows", b'{"Event":{"System":{"EventID":5157,"Computer":"pc-7","TimeCreated":{"#attributes":{"SystemTime":"2020-01-02T03:04:05Z"}}},"EventData":{"Direction":"%%14593","SourceAddress":"10.0.0.1","DestAddress":"198.51.100.7"}}}',
         ("10.0.0.1", "198.51.100.7"), "pc-7", "out", "blocked"),
        (b"", "windows", b'{"@timestamp":"2020-01-02T03:04:05Z","winlog":{"event_id":"4625","computer_name":"pc-7","event_data":{"IpAddress":"198.51.100.7"}}}',
         ("198.51.100.7", ""), "pc-7", "in", "blocked"),
        (b"", "windows", b'{"EventTime":"2020-01-02T03:04:05Z","Hostname":"pc-7","EventID":3,"Channel":"Sysmon","Initiated":"true","SourceIp":"10.0.0.1","DestinationIp":"198.51.100.7"}',
         ("10.0.0.1", "198.51.100.7"), "pc-7", "out", "unknown"),
        (b"", "cloudtrail", b'{"eventVersion":"1.08","eventTime":"2023-07-10T21:32:56Z","eventSource":"s3","sourceIPAddress":"198.51.100.7","errorCode":"AccessDenied","recipientAccountId":"111"}',
         ("198.51.100.7", ""), "111", "in", "blocked"),
        (b"", "json", b'{"@timestamp":"2020-01-02T03:04:05Z","source":{"ip":"10.0.0.1"},"destination.ip":"198.51.100.7","event":{"action":"Denied by policy"},"host":{"name":"fw"}}',
         ("10.0.0.1", "198.51.100.7"), "fw", "out", "blocked"),
        (b"", "observed-data", b'{"type":"observed-data","first_observed":"2020-01-02T03:04:05Z","last_observed":"2020-01-02T03:04:06Z","number_observed":1}',
         ("", ""), "", "unknown", "unknown"),
        (b"", "cef", b"<13>Oct 11 22:14:15 gate CEF:0|V|FW|1|100|Denied a \\| b|5|rt=1431857103000 src=198.51.100.7 dst=10.0.0.1 act=blocked msg=a \\= b c",
         ("198.51.100.7", "10.0.0.1"), "10.0.0.1", "in", "blocked"),
        (b"", "cef", b"CEF:0|V|Proxy|1|100|Ok|5|end=May 17 2015 10:05:03 deviceDirection=1 src=a dst=198.51.100.7 act=Allow dvchost=px",
         ("a", "198.51.100.7"), "px", "out", "allowed"),
        (b"", "leef", b"LEEF:1.0|V|P|1|deny|devTime=May 17 2015 10:05:03\tsrc=10.0.0.1\tdst=198.51.100.7\taction=deny",
         ("10.0.0.1", "198.51.100.7"), "10.0.0.1", "out", "blocked"),
        (b"", "leef", b"LEEF:2.0|V|P|1|allow|x5E|devTime=1431857103000^src=198.51.100.7^dst=10.0.0.1",
         ("198.51.100.7", "10.0.0.1"), "10.0.0.1", "in", "unknown"),
        (b"", "syslog-3164", b"<4>Oct 11 22:14:15 gate kernel: [UFW BLOCK] IN=eth0 OUT= SRC=198.51.100.7 DST=203.0.113.1 PROTO=TCP",
         ("198.51.100.7", "203.0.113.1"), "gate", "in", "blocked"),
        (b"", "syslog-3164", b"Oct 11 22:14:15 mail sshd[12]: Failed password for invalid user a from 198.51.100.7 port 22 ssh2",
         ("198.51.100.7", ""), "mail", "in", "blocked"),
        (b"", "syslog-3164", b"Oct 11 22:14:15 asa : %ASA-4-106023: Deny tcp src outside:198.51.100.7/4711 dst inside:10.0.0.1/22 by access-group",
         ("198.51.100.7", "10.0.0.1"), "asa", "in", "blocked"),
        (b"", "syslog-5424", b"<34>1 2003-10-11T22:14:15.003Z mail sshd 1 - - Accepted publickey for x from 198.51.100.7 port 1 ssh2",
         ("", ""), "mail", "unknown", "unknown"),
        (b"", "iso", b"2015-05-17T10:05:03Z gate kernel: DROP IN= OUT=eth0 SRC=10.0.0.1 DST=198.51.100.7",
         ("10.0.0.1", "198.51.100.7"), "10.0.0.1", "out", "blocked"),
        (CSV, "csv", b"2015-05-17T10:05:03Z,10.0.0.1,198.51.100.7,Denied,\"pc, seven\"",
         ("10.0.0.1", "198.51.100.7"), "pc, seven", "out", "blocked"),
        (b"time;client_ip;url\n", "csv", b"2015-05-17 10:05:03;198.51.100.7;http://x/",
         ("198.51.100.7", ""), "", "unknown", "unknown"),
    ],
)  # fmt: skip
def test_an_event_has_its_ends_host_direction_and_action(
    head: bytes, name: str, line: bytes, ends: tuple[str, str], host: str, direction: str, action: str
) -> None:
    log_format = detect(head + line, year=2016)
    assert log_format.name == name
    event = log_format.event(line)
    assert ((event.source, event.destination), event.host) == (ends, host)
    assert (event.direction, event.action) == (direction, action)
    assert event.time_us == log_format.time_us(line)
    assert event.time_us is not None


def test_fields_are_those_of_the_format_as_text() -> None:
    cef = detect(b"CEF:0|V|F|1|1|N|5|rt=1431857103000 src=a msg=a \\= b c\\nd act=x").event
    assert dict(cef(b"CEF:0|V|F|1|1|N|5|rt=1431857103000 src=a msg=a \\= b c\\nd act=x").fields) == {
        "rt": "1431857103000",
        "msg": "a = b c\nd",
        "act": "x",
    }
    line = b'{"timestamp":"2018-03-24T17:15:20Z","event_type":"alert","src_ip":"a","alert":{"signature":"S"},"proto":6}'
    assert dict(detect(line).event(line).fields) == {"event_type": "alert", "signature": "S", "proto": "6"}


def test_a_format_may_be_named_and_a_wrong_name_says_which_there_are() -> None:
    line = b"198.51.100.7 nothing"
    assert {name: detect(b"", name=name).name for name in FORMATS} == {name: name for name in FORMATS}
    assert detect(line, name="syslog-3164").event(line).time_us is None
    with pytest.raises(InvalidStatement, match="there are apache, zeek-tsv"):
        detect(b"", name="apach")
    with pytest.raises(InvalidStatement, match="no header as zeek-tsv has it"):
        detect(line, name="zeek-tsv")


def test_a_table_is_only_what_has_a_header_with_a_time_and_rows_that_tell_it() -> None:
    assert detect(b"a,b\n1,2\n").name == "plain"
    assert detect(b"time,b\nsoon,2\nlater,3\nonce,4\n").name == "plain"
    assert detect(b"time,time\n2015-05-17,2\n").name == "plain"
    assert detect(b"2015-05-17T10:05:03Z,b\n2015-05-17T10:05:04Z,c\n").name == "iso"


def test_what_is_not_said_is_unknown_and_not_no() -> None:
    assert flow("10.0.0.1", "") == ("unknown", "10.0.0.1")
    assert flow("198.51.100.7", "203.0.113.1") == ("unknown", "")
    assert flow("fd00::1", "2001:db8::1") == ("out", "fd00::1")
    assert [action_of(word) for word in ("DENIED", " Dropped", "allow", "passed", "alert", "", "established")] == [
        "blocked", "blocked", "allowed", "allowed", "unknown", "unknown", "unknown",
    ]  # fmt: skip


_PIECES = [
    b'{"Event":', b'{"System":{', b'"winlog":', b'"id.orig_h":', b'"src_ip":', b"{}", b"[]", b"}", b'"', b"\\", b":", b",", b"=", b"|", b"\t",
    b"CEF:0|", b"LEEF:2.0|", b"x5E", b"SRC=", b"IN=", b"OUT=", b"%ASA-1-1: Deny ", b"sshd[1]: Failed ", b"from 1.2.3.4 port ",
    b"[17/May/2015:10:05:03 +0000]", b' "GET / HTTP/1.1" 200 1', b"2015-05-17T10:05:03Z", b"<34>1 ", b"Oct 11 22:14:15 ", b"#fields\tts", b"\n",
    b"time,src", b'"EventID":', b'"alert":1', b"null", b"\xff", b"\0", b" ",
]  # fmt: skip


@settings(max_examples=400)
@given(st.lists(st.sampled_from(_PIECES) | st.binary(max_size=3), max_size=12).map(b"".join), st.binary(max_size=20))
def test_no_line_makes_a_reader_raise(line: bytes, other: bytes) -> None:
    for name in FORMATS:
        try:
            log_format = detect(line, year=2015, name=name)
        except InvalidStatement:
            continue
        for one in (line, other, line + other):
            event = log_format.event(one)
            assert log_format.time_us(one) in (None, event.time_us)
            assert all(isinstance(value, str) for value in event.fields.values())
