"""The server that other tests rely on is there, and keeps them apart."""

from __future__ import annotations

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url


def test_a_fresh_database_is_empty_and_can_be_written(fresh_postgres_url: str) -> None:
    engine = create_engine(fresh_postgres_url)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).scalar_one() == 0
        connection.execute(text("CREATE TABLE t (n int)"))
        connection.execute(text("INSERT INTO t VALUES (1)"))
    engine.dispose()


def test_two_tests_never_meet_in_one_database(fresh_postgres_url: str, postgres_url: str) -> None:
    assert make_url(fresh_postgres_url).database != make_url(postgres_url).database
    engine = create_engine(fresh_postgres_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (n int)"))  # would fail if the test above had been here
    engine.dispose()
