"""Does the works of the benchmarks with gevent.

`bench.py <work> <operations> <warmups> <rounds> <clock>` prints the cost of one operation in each measured round, as
a JSON array. The clock is wall or cpu.
"""

import gc
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import gevent
from gevent import monkey

if sys.argv[1].startswith('fetch'):
    monkey.patch_socket()
    monkey.patch_ssl()
    import requests

from gevent.event import Event
from gevent.pool import Pool
from gevent.queue import Queue


CLOCK = sys.argv[-1]


def together(task):
    gevent.joinall([gevent.spawn(task) for _ in range(100)])


def switch(operations):
    def task():
        for _ in range(operations // 100):
            gevent.sleep(0)

    together(task)


def hand_off(operations):
    def player(source, target):
        for _ in range(operations // 2):
            target.put(source.get() + 1)

    left, right = Queue(), Queue()
    left.put(0)
    gevent.joinall([gevent.spawn(player, left, right), gevent.spawn(player, right, left)])


def spawn(operations):
    gevent.joinall([gevent.spawn(lambda index: index, index) for index in range(operations)])


def timeout(operations):
    def task():
        for _ in range(operations // 100):
            with gevent.Timeout(30):
                gevent.sleep(0)

    together(task)


def sleep(operations):
    def task(milliseconds):
        gevent.sleep(milliseconds / 1000)

    gevent.joinall([gevent.spawn(task, (index * 7919) % 1000 + 1) for index in range(operations)])


def clock():
    return time.process_time_ns if CLOCK == 'cpu' else time.perf_counter_ns


def elapsed(work):
    """Nanoseconds of time."""

    def measured(operations):
        now = clock()
        start = now()
        work(operations)
        return (now() - start) / operations

    return measured


def processor_time(work):
    """Nanoseconds of processor time, user and system."""

    def measured(operations):
        start = time.process_time_ns()
        work(operations)
        return (time.process_time_ns() - start) / operations

    return measured


def memory(operations):
    """Bytes of resident memory that a waiting greenlet takes: Python cannot tell what its C stacks hold."""
    event = Event()
    before = resident()
    waiting = [gevent.spawn(event.wait) for _ in range(operations)]
    # Greenlets start in the order in which they were spawned.
    gevent.spawn(lambda: None).join()
    after = resident()
    event.set()
    gevent.joinall(waiting)
    return (after - before) / operations


def resident():
    gc.collect()
    with open('/proc/self/statm') as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def crowd(size):
    """A switch among so many greenlets, without their start and end: one of them reads the clock."""
    settling = 2

    def measured(operations):
        turns = operations // size
        elapsed_time = 0

        def task():
            for _ in range(turns + 2 * settling):
                gevent.sleep(0)

        def witness():
            nonlocal elapsed_time
            now = clock()
            for _ in range(settling):
                gevent.sleep(0)
            start = now()
            for _ in range(turns):
                gevent.sleep(0)
            elapsed_time = now() - start

        gevent.joinall([gevent.spawn(witness), *(gevent.spawn(task) for _ in range(size - 1))])
        return elapsed_time / operations

    return measured


def crowd_spawn(size):
    def work(operations):
        for _ in range(operations // size):
            spawn(size)

    return work


class Pages:
    """A server in a process of its own, from which pages are fetched; it ends with this process."""

    def __init__(self):
        file = Path(__file__).parent.parent / 'serving' / 'server.js'
        command = ['node', str(file), 'http-node', 'node:http']
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.url = f'http://127.0.0.1:{int(self.process.stdout.readline())}/'


def fetch(operations):
    """With requests, whose sockets gevent patches, and a session with as many connections as there are fetches."""
    global pages, session
    if pages is None:
        pages = Pages()
        session = requests.Session()
        session.mount('http://', requests.adapters.HTTPAdapter(pool_maxsize=100))
    pool = Pool(100)
    pool.map(lambda _: session.get(pages.url).text, range(operations))


pages = None
session = None

WORKS = {
    'switch': elapsed(switch),
    'hand-off': elapsed(hand_off),
    'spawn': elapsed(spawn),
    'timeout': elapsed(timeout),
    'sleep': processor_time(sleep),
    'memory': memory,
    'fetch': elapsed(fetch),
    'fetch-cpu': processor_time(fetch),
    **{f'crowd-{size}': crowd(size) for size in (1_000, 10_000, 100_000)},
    **{f'crowd-spawn-{size}': elapsed(crowd_spawn(size)) for size in (1_000, 10_000, 100_000)},
}


def main():
    name, *numbers = sys.argv[1:-1]
    operations, warmups, rounds = (int(number) for number in numbers)
    work = WORKS[name]
    for _ in range(warmups):
        work(operations)
    print(json.dumps([work(operations) for _ in range(rounds)]))


if __name__ == '__main__':
    main()
