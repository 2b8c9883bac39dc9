"""Worker processes that fail, and batches of requests of every size."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import psutil
import pytest
from PIL import Image

from inkdigits.data import Dataset
from inkdigits.errors import PictureError
from inkdigits.messages import packed
from inkdigits.serving.batching import LARGEST, Batcher
from inkdigits.serving.pool import Pool, WorkerError

Crops = npt.NDArray[np.uint8]
OnDone = Callable[[list[int] | Exception], None]


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children()}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_a_worker_that_dies_fails_its_job_only_and_is_replaced(mnist: Dataset) -> None:
    crop = mnist.test.images[:1]
    options = {"shape": crop.shape}

    async def use() -> None:
        others = children()
        pool = Pool(None, 1)
        await pool.start()
        (worker,) = children() - others
        os.kill(worker, signal.SIGSTOP)  # so that it has its job when it dies
        job = asyncio.create_task(pool.run("classify", crop.tobytes(), options))
        waiting = asyncio.create_task(pool.run("classify", crop.tobytes(), options))
        await asyncio.sleep(0)
        os.kill(worker, signal.SIGKILL)
        with pytest.raises(WorkerError):
            await job
        assert json.loads((await waiting).content)["value"] == 7
        # What is given up takes its process with it.
        (worker,) = children() - others
        os.kill(worker, signal.SIGSTOP)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(pool.run("classify", crop.tobytes(), options), 0.1)
        with pytest.raises(PictureError, match="no readable picture"):
            await pool.run("classify_pictures", b"x", {"lengths": [1], "max_pixels": 100})
        await pool.close()
        assert children() <= others

    asyncio.run(use())


def test_a_worker_whose_service_is_gone_says_nothing() -> None:
    worker = subprocess.Popen(
        [sys.executable, "-m", "inkdigits.serving.worker"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert worker.stdout is not None
    worker.stdout.close()
    _, said = worker.communicate(packed({"job": "stages", "options": {}}, b"x"), timeout=30)
    assert (worker.returncode, said) == (1, b"")


def test_urgent_jobs_without_end_do_not_keep_another_from_its_turn(mnist: Dataset) -> None:
    crops = mnist.test.images[:50]
    stream = io.BytesIO()
    Image.fromarray(mnist.test.images[0]).save(stream, "PNG")

    async def use() -> None:
        pool = Pool(None, 1)
        await pool.start()
        done = 0
        is_over = False

        def again(_: object) -> None:
            nonlocal done
            done += 1
            if not is_over:
                pool.submit("classify", crops.tobytes(), {"shape": crops.shape}, again, first=True)

        for _ in range(4):
            again(None)
        picture = {"lengths": [len(stream.getvalue())], "max_pixels": 1000}
        for _ in range(3):
            before = done
            job = pool.run("classify_pictures", stream.getvalue(), picture)
            assert json.loads((await asyncio.wait_for(job, 20)).content)["value"] == 7
            assert done > before  # and the urgent ones go on
        is_over = True
        await pool.close()

    asyncio.run(use())


def test_batches_are_of_so_many_pixels_only() -> None:
    batches: list[tuple[int, ...]] = []

    async def use() -> None:
        def work(crops: Crops, on_done: OnDone) -> None:
            batches.append(crops.shape)
            asyncio.get_running_loop().call_soon(on_done, crops[:, 0, 0].tolist())

        crops = np.zeros((19, 1024, 1024), np.uint8)
        crops[:, 0, 0] = range(19)
        asked = [Batcher(work, workers=2).results(each) for each in (crops, crops[:, :64, :64])]
        assert await asyncio.gather(*asked) == [list(range(19))] * 2

    asyncio.run(use())
    assert {shape for shape in batches if shape[1] == 1024} == {(1, 1024, 1024)}
    assert (19, 64, 64) in batches


def test_each_request_gets_its_own_results_whatever_the_sizes() -> None:
    batches: list[int] = []

    async def use() -> None:
        loop = asyncio.get_running_loop()

        def work(crops: Crops, on_done: OnDone) -> None:
            batches.append(len(crops))
            loop.call_later(0.001, on_done, crops[:, 0, 0].tolist())

        batcher = Batcher(work, workers=2)
        numbers = np.arange(256, dtype=np.uint8)
        chance = np.random.default_rng(0)
        requests = []
        for _ in range(300):
            side = 1 if chance.random() < 0.3 else 2
            count = int(chance.choice([1, 1, 1, 5, 100, 700]))
            values = chance.choice(numbers, count)
            requests.append(np.broadcast_to(values[:, None, None], (count, side, side)))
        found = await asyncio.gather(*(batcher.results(each) for each in requests))
        for each, results in zip(requests, found, strict=True):
            assert results == each[:, 0, 0].tolist()

    asyncio.run(use())
    assert max(batches) <= LARGEST
    assert len(batches) < 300 * 2


def test_what_goes_wrong_is_told_to_all_that_it_concerns() -> None:
    async def use() -> None:
        loop = asyncio.get_running_loop()

        def work(crops: Crops, on_done: OnDone) -> None:
            failed = ValueError("no") if crops[0, 0, 0] else crops[:, 0, 0].tolist()
            loop.call_soon(on_done, failed)

        batcher = Batcher(work)
        bad = [batcher.results(np.ones((1, 2, 2), np.uint8)) for _ in range(3)]
        with pytest.raises(ValueError, match="no"):
            await asyncio.gather(*bad)
        assert await batcher.results(np.zeros((2, 2, 2), np.uint8)) == [0, 0]

    asyncio.run(use())
