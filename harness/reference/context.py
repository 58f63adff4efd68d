"""What every handler and route is given besides its data: database, user, logger, realtime.

The user is asked for anew at every use: a connection whose session has ended is nobody's, also inside a
handler that was running when it ended.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from harness.reference.database import Database, User
from harness.reference.hub import Hub, Session
from harness.reference.realtime import Realtime
from harness.reference.settings import Settings

if TYPE_CHECKING:
    from starlette.requests import Request


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of one running application."""

    settings: Settings
    clock: Callable[[], float]
    database: Database
    hub: Hub
    realtime: Realtime
    logger: logging.Logger


@dataclass(frozen=True, slots=True)
class Context:
    """The services, as one user (or guest) reaches them."""

    services: Services
    current_session: Callable[[], Session | None]

    @property
    def database(self) -> Database:
        """Users, posts and sessions."""
        return self.services.database

    @property
    def realtime(self) -> Realtime:
        """Publishing to everyone or to one user."""
        return self.services.realtime

    @property
    def logger(self) -> logging.Logger:
        """The application's logger; silent unless the application is told otherwise."""
        return self.services.logger

    @property
    def session(self) -> Session | None:
        """The session behind this request or connection, now."""
        return self.current_session()

    @property
    def user(self) -> User | None:
        """Who is asking, now; None for a guest."""
        session = self.session
        return None if session is None else self.database.user(session.user_id)


def services_of(request: Request) -> Services:
    """Return the services of the application that is answering this request."""
    return cast(Services, request.app.state.services)
