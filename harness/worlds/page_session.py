"""A real browser's session, for requests that no hook makes: the browser's own cookie jar, through its own proxy.

Knows requests and cookies, no tabs and no histories.
"""

from __future__ import annotations

import json as jsonlib

from playwright.async_api import APIRequestContext
from playwright.async_api import Error as PlaywrightError

from harness.errors import TargetUnreachable
from harness.targets.control import REQUEST_TIMEOUT_S, Answer, Session
from harness.targets.file import Target
from harness.wire.template import Json


class PageSession(Session):
    """The HTTP half of a real browser: cookies that it has go with each request, and those that it is given stay."""

    def __init__(self, target: Target, *, base_url: str, requests: APIRequestContext) -> None:
        super().__init__(target, base_url=base_url)
        self._requests = requests
        self._base_url = base_url.rstrip("/")

    async def _send(self, method: str, path: str, *, json: Json, form: Json, headers: dict[str, str]) -> Answer:
        # A page says where a request comes from, and servers that mind forged ones look at it.
        headers = {"origin": self._base_url, **headers} if method != "GET" else headers
        data: str | None = None
        if json is not None:
            headers, data = {"content-type": "application/json", **headers}, jsonlib.dumps(json)
        fields: dict[str, str | float | bool] | None = None
        if json is None and isinstance(form, dict):
            fields = {name: each if isinstance(each, str) else jsonlib.dumps(each) for name, each in form.items()}
        url = path if path.startswith("http") else self._base_url + path
        try:
            response = await self._requests.fetch(
                url, method=method, headers=headers, data=data, form=fields, timeout=REQUEST_TIMEOUT_S * 1000
            )
            body = await response.text()
        except PlaywrightError as error:
            raise TargetUnreachable(
                f"{method} {path} got no answer: {str(error).splitlines()[0]}",
                where=self._base_url,
                todo="check that the target runs and that its url is right",
            ) from error
        return Answer(response.status, response.url, body)

    async def _cookie(self, name: str) -> str | None:
        state = await self._requests.storage_state()
        return next((each["value"] for each in state["cookies"] if each["name"] == name), None)
