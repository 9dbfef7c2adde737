"""The page and what it asks for, over HTTP.

GET    /                       the page; page.css, page.js, reliability.png
GET    /about                  the model, its card, the limits: JSON
POST   /jobs?kind=&name=&fps=  a video as the body -> {"id"}; kind "spot" (find expressions) or "clip" (it is
                               one)
GET    /jobs/ID                state, phase, share, place in the queue, error: JSON
GET    /jobs/ID/result.json    the result; annotated.webm, timeline, NUMBER-onset.jpg,
                               NUMBER-why.png ... beside it
DELETE /jobs/ID                end it and delete it
"""

from __future__ import annotations

import asyncio
import errno
import re
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import anyio
from markdown_it import MarkdownIt
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from orchestrator.inference.bundle import Bundle
from orchestrator.serving.guard import Guard
from orchestrator.serving.jobs import Full, Job, Jobs
from orchestrator.serving.work import KINDS, VIDEO
from preprocessing.decode import VIDEOS

PAGE = Path(__file__).parent / "page"
# what the page is made of: by name, so that no path leads elsewhere
FILES = {"": "page.html", "page.css": "page.css", "page.js": "page.js"}
MIB = 1 << 20
LONGEST_NAME = 80


@dataclass(frozen=True)
class Limits:
    """megabytes: of an upload (MiB); seconds: of a video."""

    megabytes: float
    seconds: float


def application(jobs: Jobs, bundle: Bundle, figure: bytes | None, host: str, limits: Limits) -> Starlette:
    """The page of a bundle. figure: its reliability.png. host: what the server listens on."""
    served = _Served(jobs, bundle, figure, limits)
    routes = [
        *(Route(f"/{name}", served.file, name=name or "page") for name in FILES),
        Route("/about", served.about),
        Route("/reliability.png", served.reliability),
        Route("/jobs", served.new, methods=["POST"]),
        Route("/jobs/{id}", served.state, methods=["GET"]),
        Route("/jobs/{id}", served.forget, methods=["DELETE"]),
        Route("/jobs/{id}/{name}", served.part),
    ]
    return Starlette(routes=routes, middleware=[Middleware(Guard, host=host)])


class _Served:
    def __init__(self, jobs: Jobs, bundle: Bundle, figure: bytes | None, limits: Limits) -> None:
        self.jobs, self.figure, self.limits = jobs, figure, limits
        # a stranger's card: no HTML of its own, no links
        text = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["link", "autolink"])
        self.told = {
            "model": bundle.about.model,
            "classes": bundle.about.classes,
            "digest": bundle.digest,
            "card": text.render(bundle.card),
            "endings": sorted(VIDEOS),
            "megabytes": limits.megabytes,
            "seconds": limits.seconds,
        }

    async def file(self, request: Request) -> Response:
        return FileResponse(PAGE / FILES[request.url.path.strip("/")])

    async def about(self, _: Request) -> Response:
        return JSONResponse(self.told)

    async def reliability(self, _: Request) -> Response:
        if self.figure is None:
            raise HTTPException(404, "this model has no such figure")
        return Response(self.figure, media_type="image/png")

    async def new(self, request: Request) -> Response:
        asked = request.query_params
        name = named(asked.get("name", ""))
        ending = Path(name).suffix.lower()
        if ending not in VIDEOS:
            known = ", ".join(sorted(VIDEOS))
            raise HTTPException(415, f"{name!r} is no video by its name; {known} are taken")
        if asked.get("kind") not in KINDS:
            raise HTTPException(400, f"kind is {asked.get('kind')!r}; it is {' or '.join(KINDS)}")
        try:
            fps = float(asked["fps"]) if asked.get("fps") else None
        except ValueError:
            raise HTTPException(400, f"fps is {asked['fps'][:20]!r}; it is a number") from None
        self._small_enough(int(request.headers.get("content-length") or 0))
        try:
            job = self.jobs.new(name, ending, {"kind": asked["kind"], "fps": fps})
        except Full as error:
            raise HTTPException(503, str(error)) from error
        with ExitStack() as undo:
            undo.callback(self.jobs.forget, job)  # cut off, too large, no room: nothing of it stays
            await self._receive(request, job.video)
            undo.pop_all()
        self.jobs.put(job)
        return JSONResponse({"id": job.id}, 201)

    async def _receive(self, request: Request, video: Path) -> None:
        size = 0
        try:
            async with await anyio.open_file(video, "wb") as file:
                async for chunk in request.stream():
                    size += len(chunk)
                    self._small_enough(size)
                    await file.write(chunk)
        except ClientDisconnect as error:
            raise HTTPException(400, "the video did not arrive whole") from error
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            why = "this machine has no room for it" if full else str(error.strerror)
            raise HTTPException(507, why) from error
        if not size:
            raise HTTPException(400, "the file is empty")

    def _small_enough(self, size: int) -> None:
        if size > self.limits.megabytes * MIB:
            most = f"{self.limits.megabytes:g} MiB"
            raise HTTPException(413, f"the file has more than {most}, the most that is taken")

    async def state(self, request: Request) -> Response:
        job = self._job(request)
        return JSONResponse(
            {
                "state": job.state,
                "phase": job.phase,
                "share": job.share,
                "before": self.jobs.place(job),
                "error": job.error,
            }
        )

    async def forget(self, request: Request) -> Response:
        await asyncio.to_thread(self.jobs.forget, self._job(request))
        return Response(status_code=204)

    async def part(self, request: Request) -> Response:
        job, name = self._job(request), request.path_params["name"]
        if job.state == "done":
            if name == "result.json":
                return self._download(job)
            if name == VIDEO:
                return FileResponse(job.folder / VIDEO, media_type="video/webm")
            if name == "timeline":
                return PlainTextResponse(job.timeline)
            if name in job.pictures:
                kind = "png" if name.endswith(".png") else "jpeg"
                return Response(job.pictures[name], media_type=f"image/{kind}")
        raise HTTPException(404, "there is nothing of this name")

    def _download(self, job: Job) -> Response:
        stem = re.sub(r"[^\w.-]", "_", Path(job.name).stem, flags=re.ASCII)
        disposition = f'attachment; filename="{stem}.json"'
        return JSONResponse(job.result, headers={"Content-Disposition": disposition})

    def _job(self, request: Request) -> Job:
        job = self.jobs.get(request.path_params["id"])
        if job is None:
            raise HTTPException(404, "this video is not here any more; send it again")
        return job


def named(text: str) -> str:
    """A sender's name of a file, to be shown: its last part, printable, not long."""
    last = re.split(r"[/\\]", text)[-1]
    shown = "".join(one if one.isprintable() else "_" for one in last)
    if len(shown) <= LONGEST_NAME:
        return shown
    return Path(shown).stem[: LONGEST_NAME - 10] + Path(shown).suffix[:10]
