"""Users, posts and sessions in SQLite: a file, or memory that ends with the process.

Called straight from the event loop: every statement is indexed and takes microseconds. Only hashes of session
tokens are stored, so that a copy of the file signs nobody in. Knows nothing of live connections.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from harness.errors import UsageError
from harness.reference.hub import Session, SessionId, UserId

_SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, is_admin INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS posts (id INTEGER PRIMARY KEY, note TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sessions (
  id TEXT PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  expires_at_s REAL NOT NULL);
CREATE INDEX IF NOT EXISTS sessions_by_user ON sessions (user_id);
"""
_DEMO_USERS = ((1, "ada", 0), (2, "bob", 0), (7, "admin", 1), (11, "cyd", 0), (12, "dan", 0))


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can sign in."""

    id: UserId
    name: str
    is_admin: bool


@dataclass(frozen=True, slots=True)
class Post:
    """One entry of the live list."""

    id: int
    note: str


def session_id(token: str) -> SessionId:
    """Return the id a session token stands for; the token itself is never stored or logged."""
    return SessionId(hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest())


class Database:
    """The reference's whole state that outlives a connection."""

    def __init__(self, path: str, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        # One thread at a time uses it (the event loop's), but not always the one that made it.
        try:
            self._sql = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=2.0)
            self._prepare(path)
        except sqlite3.Error as error:
            raise UsageError(
                f"the database cannot be used: {error}",
                where=f"database {path!r}",
                todo="give the path of an SQLite file in a folder that can be written to",
            ) from error

    def _prepare(self, path: str) -> None:
        self._sql.execute("PRAGMA foreign_keys = ON")
        if path != ":memory:":
            self._sql.execute("PRAGMA journal_mode = WAL")
            self._sql.execute("PRAGMA synchronous = NORMAL")
        self._sql.executescript(_SCHEMA)
        if self._sql.execute("SELECT 1 FROM users LIMIT 1").fetchone() is None:
            self._sql.executemany("INSERT OR IGNORE INTO users VALUES (?, ?, ?)", _DEMO_USERS)

    def close(self) -> None:
        """Close the file; nothing else works afterwards."""
        self._sql.close()

    def users(self) -> list[User]:
        """Return everybody, by id."""
        return [_user(row) for row in self._sql.execute("SELECT id, name, is_admin FROM users ORDER BY id")]

    def user(self, user_id: UserId) -> User | None:
        """Return one user, if there is such a one."""
        row = self._sql.execute("SELECT id, name, is_admin FROM users WHERE id = ?", (user_id,)).fetchone()
        return None if row is None else _user(row)

    def user_named(self, name: str) -> User | None:
        """Return the user with exactly this name."""
        row = self._sql.execute("SELECT id, name, is_admin FROM users WHERE name = ?", (name,)).fetchone()
        return None if row is None else _user(row)

    def delete_user(self, user_id: UserId) -> None:
        """Delete a user and every session of theirs."""
        self._sql.execute("DELETE FROM users WHERE id = ?", (user_id,))

    def posts(self, *, limit: int = 50) -> list[Post]:
        """Return the newest posts, newest first."""
        rows = self._sql.execute("SELECT id, note FROM posts ORDER BY id DESC LIMIT ?", (limit,))
        return [Post(post_id, note) for post_id, note in rows]

    def add_post(self, note: str) -> None:
        """Store one post."""
        self._sql.execute("INSERT INTO posts (note) VALUES (?)", (note,))

    def start_session(self, user_id: UserId, *, ttl_s: float) -> str:
        """Sign a user in and return the token for their cookie."""
        token = secrets.token_urlsafe(32)
        now_s = self._clock()
        self._sql.execute("DELETE FROM sessions WHERE expires_at_s <= ?", (now_s,))
        self._sql.execute("INSERT INTO sessions VALUES (?, ?, ?)", (session_id(token), user_id, now_s + ttl_s))
        return token

    def session(self, wanted: SessionId) -> Session | None:
        """Return a session that is still good."""
        row = self._sql.execute(
            "SELECT id, user_id, expires_at_s FROM sessions WHERE id = ? AND expires_at_s > ?",
            (wanted, self._clock()),
        ).fetchone()
        return None if row is None else Session(SessionId(row[0]), UserId(row[1]), row[2])

    def renew_session(self, old: SessionId) -> str | None:
        """Give a session that is still good another token and return it; the old one signs nobody in any more."""
        token = secrets.token_urlsafe(32)
        renewed = self._sql.execute(
            "UPDATE sessions SET id = ? WHERE id = ? AND expires_at_s > ?", (session_id(token), old, self._clock())
        )
        return token if renewed.rowcount == 1 else None

    def end_session(self, ended: SessionId) -> None:
        """Forget one session."""
        self._sql.execute("DELETE FROM sessions WHERE id = ?", (ended,))

    def end_sessions_of(self, user_id: UserId) -> None:
        """Forget every session of a user."""
        self._sql.execute("DELETE FROM sessions WHERE user_id = ?", (user_id,))


def _user(row: tuple[int, str, int]) -> User:
    return User(UserId(row[0]), row[1], bool(row[2]))
