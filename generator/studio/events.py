"""A job's events as a stream that a browser reads (server-sent events), from any of them on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from generator.studio.jobs import Job, Jobs

PATIENCE_S = 10.0  # between two signs of life


async def event_stream(jobs: Jobs, job: Job, known: int) -> AsyncIterator[str]:
    """Yield a job's events from number `known` on, until it is over; its place in the queue while it waits."""
    place = -1
    while True:
        patience_s = 0.5 if job.state == "waiting" else PATIENCE_S
        events = job.events[known:] or await asyncio.to_thread(job.wait, known, patience_s)
        for event in events:
            yield f"id: {known}\ndata: {json.dumps(event)}\n\n"
            known += 1
        if job.is_over and known >= len(job.events):
            return
        if job.state == "waiting" and (now := jobs.place(job)) != place:
            place = now
            yield f"data: {json.dumps({'kind': 'waiting', 'place': place})}\n\n"
        elif not events:
            yield ": still there\n\n"
