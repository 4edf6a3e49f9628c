#!/usr/bin/env python3
"""Speed of the readers of event logs, beside pandas on the same files in the same run.

    readers.py --trainer .build/release/trainer --rows 1000000
    readers.py --trainer .build/release/trainer --rows 1000000 --forms table movielens --repeats 5

Writes a log of --rows events in every form that `trainer data convert` reads, converts each, and reads those that are
tables with pandas.read_csv, by its default engine and by pyarrow, and JSON lines with pandas.read_json. Every program
runs on one core. Of a conversion the seconds count that the trainer says reading took, numbering of ids included. The
fastest of --repeats counts; the programs take turns. Prints a table as Markdown: lines per second, megabytes of memory
per million lines (of the whole conversion), and of pandas two speeds: of reading alone, and with what makes the same of
it, numbers for the ids (pandas.factorize) and for dates (pandas.to_datetime).
"""

import argparse
import datetime
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile

import numpy as np

START = 1_700_000_000


def events(rows, seed):
    """Users, items, times and ratings, in the order of time."""
    random = np.random.default_rng(seed)
    users = random.integers(0, max(rows // 20, 1), rows)
    items = np.minimum(random.zipf(1.3, rows), 50_000) - 1
    times = START + np.sort(random.integers(0, 10_000_000, rows))
    return users, items, times, random.integers(1, 6, rows)


def iso(time):
    return datetime.datetime.fromtimestamp(int(time), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def written(folder, rows):
    """Files by form: name, arguments of pandas.read_csv (None: not a table), `json` for read_json."""
    users, items, times, ratings = events(rows, 0)
    files = {}

    def write(form, lines, pandas, open_file=open, end=".csv"):
        path = os.path.join(folder, form + end)
        with open_file(path, "wt") as file:
            file.writelines(lines)
        files[form] = (path, pandas)

    columns = list(zip(users.tolist(), items.tolist(), times.tolist(), ratings.tolist()))
    lines = ["customer_id,sku,timestamp,event\n"] + [
        f"C{u:07d},SKU-{i:05d},{iso(t)},view\n" for u, i, t, _ in columns]
    write("table", lines, {})
    write("table.gz", lines, {}, lambda path, mode: gzip.open(path, mode, 6), ".csv.gz")
    write("table, numbers", ["user_id,item_id,timestamp\n"] + [f"{u},{i},{t}\n" for u, i, t, _ in columns], {})
    write("movielens", [f"{u + 1}::{i + 1}::{r}::{t}\n" for u, i, t, r in columns],
          {"sep": "::", "header": None, "engine": "python"}, end=".dat")
    write("rechorus", ["user_id\titem_id\ttime\n"] + [f"{u + 1}\t{i + 1}\t{t}\n" for u, i, t, _ in columns],
          {"sep": "\t"})
    write("recbole", ["user_id:token\titem_id:token\trating:float\ttimestamp:float\n"]
          + [f"{u}\t{i}\t{r}\t{t}\n" for u, i, t, r in columns], {"sep": "\t"}, end=".inter")
    write("taobao", [f"{u},{i},{i % 100},pv,{t}\n" for u, i, t, _ in columns], {"header": None})
    write("amazon", [f"A{u:012d},B{i:09d},{r}.0,{t}\n" for u, i, t, r in columns], {"header": None})
    write("json-lines", [
        json.dumps({"reviewerID": f"A{u:012d}", "asin": f"B{i:09d}", "overall": float(r), "unixReviewTime": t}) + "\n"
        for u, i, t, r in columns], "json", end=".json")
    write("pairs", [f"{u + 1} {i + 1}\n" for u, i, _, _ in columns], {"sep": " ", "header": None}, end=".txt")
    order = np.argsort(users, kind="stable")
    bounds = np.flatnonzero(np.diff(users[order])) + 1
    write("comirec", [
        f"{users[row]},{items[row] + 1},{index}\n"
        for part in np.split(order, bounds) for index, row in enumerate(part)], {"header": None}, end=".txt")
    write("user-lines", [
        f"{users[part[0]] + 1} " + " ".join(str(items[row] + 1) for row in part) + "\n"
        for part in np.split(order, bounds)], None, end=".txt")
    return files


def on_one_core():
    os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[-1]})


def child(command):
    """Standard error and output of a command on one core, and its largest memory in bytes."""
    program = (
        "import resource, subprocess, sys\n"
        "run = subprocess.run(sys.argv[1:], capture_output=True, text=True)\n"
        "sys.stdout.write(run.stdout + run.stderr)\n"
        "print('\\npeak', resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
        "sys.exit(run.returncode)\n")
    run = subprocess.run([sys.executable, "-c", program, *command], capture_output=True, text=True,
                         preexec_fn=on_one_core)
    if run.returncode:
        sys.exit(f"{' '.join(command)}: {run.stdout}{run.stderr}")
    return run.stdout, int(re.search(r"^peak (\d+)$", run.stdout, re.MULTILINE)[1]) * 1024


def convert(trainer, path, reader, folder):
    """Seconds that reading took, and the largest memory."""
    out = os.path.join(folder, "converted")
    command = [trainer, "data", "convert", path, "--out", out, "--replace"] + (["--reader", reader] if reader else [])
    text, peak = child(command)
    count, speed = re.search(r"([0-9,]+) events read in .*, ([0-9,]+) a second", text).groups()
    return float(count.replace(",", "")) / float(speed.replace(",", "")), peak


PANDAS = """
import json, resource, sys, time
import pandas
path, how, engine = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
if engine == "pyarrow":
    import pyarrow
    pyarrow.set_cpu_count(1)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
if how == "json":
    table = pandas.read_json(path, lines=True)
else:
    table = pandas.read_csv(path, **(how | ({"engine": "pyarrow"} if engine == "pyarrow" else {})))
read = time.perf_counter() - start
columns = [name for name in table.columns if name not in ("event", "kind")]
for name in columns[:2]:
    pandas.factorize(table[name])
if "timestamp" in table and not pandas.api.types.is_numeric_dtype(table["timestamp"]):
    pandas.to_datetime(table["timestamp"])
print(read, time.perf_counter() - start, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


def read_by_pandas(path, how, engine):
    text, _ = child([sys.executable, "-c", PANDAS, path, json.dumps(how), engine])
    read, whole, peak = text.split("\n")[0].split()
    return float(whole), float(read), int(peak)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trainer", required=True)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--forms", nargs="+", metavar="FORM", help="of the table; all by default")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    readers = {"comirec": "comirec", "user-lines": "user-lines"}
    with tempfile.TemporaryDirectory() as folder:
        files = written(folder, options.rows)
        empty = os.path.join(folder, "empty.csv")
        with open(empty, "w") as file:
            file.write("user_id,item_id,timestamp\n1,2,1700000000\n1,3,1700000001\n1,4,1700000002\n")
        _, base = convert(options.trainer, empty, None, folder)
        print("| form | lines/s | MB per million | pandas, lines/s | with numbers | pyarrow, lines/s | with numbers "
              "| times pandas | times with numbers |")
        print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
        for form in options.forms or files:
            path, how = files[form]
            best = {}
            for _ in range(options.repeats):
                found = {"trainer": convert(options.trainer, path, readers.get(form), folder)}
                if how is not None:
                    found["default"] = read_by_pandas(path, how, "default")
                if isinstance(how, dict) and "engine" not in how:
                    found["pyarrow"] = read_by_pandas(path, how, "pyarrow")
                for name, measured in found.items():
                    best[name] = tuple(map(min, best.get(name, measured), measured))
            speed = lambda seconds: f"{options.rows / seconds:,.0f}"
            seconds, peak = best["trainer"]
            cells = [form, speed(seconds), f"{(peak - base) / 1e6 / (options.rows / 1e6):.0f}"]
            for name in ["default", "pyarrow"]:
                cells += [speed(best[name][1]), speed(best[name][0])] if name in best else ["", ""]
            cells += ([f"{best['default'][1] / seconds:.1f}", f"{best['default'][0] / seconds:.1f}"]
                      if "default" in best else ["", ""])
            print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
