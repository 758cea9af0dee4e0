"""Laws of the thread pool: order, errors, and the limits set on BLAS."""

import threading

import numpy as np  # noqa: F401  # its BLAS is the one that is limited
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from lohe.attention.kernels.threads import map_tasks, one_blas_thread, thread_count


def blas_threads():
    """Say how many threads BLAS itself would take now."""
    return [each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"]


def test_results_keep_the_order_of_the_tasks():
    assert map_tasks(lambda i: i * i, range(50)) == [i * i for i in range(50)]


@pytest.mark.parametrize("tasks", [1, 8])
def test_blas_keeps_to_one_thread_meanwhile_and_gets_its_threads_back(tasks):
    before = blas_threads()
    for found in map_tasks(lambda _: blas_threads(), range(tasks)):
        assert set(found) == {1}
    assert blas_threads() == before


def test_who_leaves_first_takes_no_threads_from_who_stays():
    """Whichever Python threads they are, and whichever set a limit before."""
    before = blas_threads()
    found = []

    def stay():
        with one_blas_thread():
            entered.set()
            left.wait(5)
            found.append((set(blas_threads()), thread_count()))

    with threadpool_limits(2):
        for _ in range(2):
            entered, left = threading.Event(), threading.Event()
            other = threading.Thread(target=stay)
            with one_blas_thread():
                other.start()
                entered.wait(5)
            left.set()
            other.join()
            assert set(blas_threads()) == {2}
        assert found == [({1}, 2)] * 2
    assert blas_threads() == before


def test_a_process_limited_to_one_thread_stays_on_its_own():
    with threadpool_limits(1):
        assert thread_count() == 1
        assert set(map_tasks(lambda _: threading.get_ident(), range(8))) == {threading.get_ident()}


def test_tasks_may_have_tasks_and_callers_may_meet():
    before = thread_count()

    def nested(i):
        return sum(map_tasks(lambda j: i * j, range(5)))

    callers = [threading.Thread(target=map_tasks, args=(nested, range(20))) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert map_tasks(nested, range(4)) == [0, 10, 20, 30]
    assert thread_count() == before


def test_errors_of_a_task_come_through():
    with pytest.raises(ZeroDivisionError):
        map_tasks(lambda i: 1 // i, [1, 0, 1])
