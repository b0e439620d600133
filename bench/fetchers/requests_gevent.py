"""Fetches the URLs of a file with gevent and requests: so many at once, a line for each."""
from gevent import monkey

monkey.patch_all()

import sys

import requests
from gevent.pool import Pool

file, concurrency = sys.argv[1], int(sys.argv[2])
session = requests.Session()
session.mount("http://", requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=concurrency))
session.trust_env = False


def fetch(url):
    response = session.get(url)
    sys.stdout.write(f"{response.status_code}\t{url}\t{len(response.content)}\n")


with open(file) as lines:
    pool = Pool(concurrency)
    for line in lines:
        pool.spawn(fetch, line.rstrip("\n"))
    pool.join()
