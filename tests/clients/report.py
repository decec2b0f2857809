#!/usr/bin/env python3
"""Opens a report in Chromium, and its events in TensorBoard.

usage: report.py WRITE_SAMPLE [FOLDER]

WRITE_SAMPLE is the program of tests/report/write_sample.cpp. FOLDER keeps the report, screenshots of
it on a desktop and on a telephone, and its PDF. Needs chromium, libjs-chart.js and, in
$OCTET_CLIENTS/tensorboard (default: build/clients), what tests/clients/setup.sh installs. Exit status: 0
if all is well; 77 if a client is not here; else 1.
"""
import base64
import csv
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
CLIENTS = pathlib.Path(os.environ.get("OCTET_CLIENTS") or SOURCE / "build/clients")
CHARTS = pathlib.Path("/usr/share/javascript/chart.js/chart.min.js")

# What the page shows: pixels of each canvas that are drawn, and what could overflow.
LOOK = """JSON.stringify({
  drawn: [...document.querySelectorAll('canvas')].map(c => {
    const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
    let n = 0;
    for (let i = 3; i < d.length; i += 4) n += d[i] > 0;
    return n;
  }),
  images: document.images.length,
  broken: [...document.images].filter(i => !i.naturalWidth).length,
  width: document.documentElement.scrollWidth,
  height: document.documentElement.scrollHeight,
  cells: document.querySelectorAll('.matrix tbody td').length,
  tables: document.querySelectorAll('table').length,
})"""


class Chromium:
    """Speaks the DevTools protocol over pipes: 3 and 4 of the browser."""

    def __init__(self, program, profile):
        to_browser, ours = os.pipe()
        theirs, from_browser = os.pipe()

        def set_pipes():
            # Through numbers beyond both, so that neither is overwritten.
            read, write = os.dup(to_browser), os.dup(from_browser)
            os.dup2(os.dup(read), 3)
            os.dup2(os.dup(write), 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
             "--disable-dev-shm-usage", "--remote-debugging-pipe", f"--user-data-dir={profile}"],
            preexec_fn=set_pipes, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.to, self.answers = os.fdopen(ours, "wb"), os.fdopen(theirs, "rb")
        self.last, self.rest, self.events = 0, b"", []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def message(self):
        while b"\0" not in self.rest:
            more = os.read(self.answers.fileno(), 1 << 20)
            if not more:
                raise RuntimeError("chromium ended")
            self.rest += more
        text, self.rest = self.rest.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **params):
        self.last += 1
        message = {"id": self.last, "method": method, "params": params}
        if hasattr(self, "session"):
            message["sessionId"] = self.session
        self.to.write(json.dumps(message).encode() + b"\0")
        self.to.flush()
        while True:
            answer = self.message()
            if answer.get("id") != self.last:
                self.events.append(answer)
            elif "error" in answer:
                raise RuntimeError(f"{method}: {answer['error']}")
            else:
                return answer["result"]

    def open(self, url, width, height, mobile=False):
        """What the page complains of, what it asks for, and what it shows."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=2 if mobile else 1, mobile=mobile)
        self.events = []
        self.call("Page.navigate", url=url)
        while not any(e.get("method") == "Page.loadEventFired" for e in self.events):
            self.events.append(self.message())
        shown = json.loads(self.call("Runtime.evaluate", expression=LOOK)["result"]["value"])
        of = {}
        for event in self.events:
            of.setdefault(event.get("method"), []).append(event["params"])
        complaints = [json.dumps(p) for m in ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled")
                      for p in of.get(m, [])]
        asked = [p["request"]["url"][:60] for p in of.get("Network.requestWillBeSent", [])]
        return complaints, [a for a in asked if not a.startswith("data:") and a != url[:60]], shown

    def screenshot(self, file, width, height, mobile):
        """Of the whole page, in a window as high; the charts are drawn anew for it."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=2 if mobile else 1, mobile=mobile)
        self.call("Runtime.evaluate", awaitPromise=True,
                  expression="new Promise(done => setTimeout(() => requestAnimationFrame(done), 500))")
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        shot = self.call("Page.captureScreenshot", clip=clip)
        file.write_bytes(base64.b64decode(shot["data"]))
        return json.loads(self.call("Runtime.evaluate", expression=LOOK)["result"]["value"])["drawn"]

    def close(self):
        self.process.kill()
        self.process.wait()


def check(found, what):
    print(("ok      " if found else "FAILED  ") + what)
    return bool(found)


def in_chromium(program, folder, profile):
    browser = Chromium(program, profile)
    try:
        good = True
        for page, charts in (("report.html", 3), ("tables.html", 0)):
            for name, width, height, mobile in (("desktop", 1200, 900, False), ("telephone", 390, 844, True)):
                url = (folder / page).as_uri()
                complaints, asked, shown = browser.open(url, width, height, mobile)
                where = f"{page}, {name}: "
                good &= check(not complaints, where + "nothing on the console " + " ".join(complaints)[:300])
                good &= check(not asked, where + "no requests " + " ".join(asked))
                good &= check(len(shown["drawn"]) == charts and all(n > 2000 for n in shown["drawn"]),
                              f"{where}{charts} charts, pixels drawn: {shown['drawn']}")
                good &= check(shown["images"] == 12 and shown["broken"] == 0,
                              f"{where}{shown['images']} pictures, {shown['broken']} broken")
                good &= check(shown["cells"] == 100, f"{where}{shown['cells']} cells in the matrix")
                good &= check(shown["width"] <= width, f"{where}{shown['width']} wide of {width}")
                drawn = browser.screenshot(folder / f"{page.removesuffix('.html')}-{name}.png", width, shown["height"],
                                           mobile)
                good &= check(len(drawn) == charts and all(n > 2000 for n in drawn),
                              f"{where}charts still drawn when the window has changed: {drawn}")
        browser.open((folder / "report.html").as_uri(), 1200, 900)
        pdf = base64.b64decode(browser.call("Page.printToPDF", printBackground=True)["data"])
        (folder / "report.pdf").write_bytes(pdf)
        good &= check(pdf.startswith(b"%PDF") and len(pdf) > 20000, f"prints: {len(pdf)} bytes of PDF")
        return good
    finally:
        browser.close()


EVENTS = """
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
a = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
a.Reload()
print(json.dumps({t: [[e.step, e.value, e.wall_time] for e in a.Scalars(t)] for t in a.Tags()["scalars"]}))
"""


def in_tensorboard(folder):
    """The scalars that TensorBoard reads against those of the CSV."""
    said = subprocess.run([CLIENTS / "tensorboard/bin/python3", "-c", EVENTS, folder], capture_output=True, text=True)
    if said.returncode != 0:
        return check(False, "TensorBoard: " + said.stderr[-500:])
    scalars = json.loads(said.stdout)
    rows = list(csv.DictReader(open(folder / "metrics.csv", newline="", encoding="utf-8")))
    expected = {}
    for row in rows:
        for name, value in row.items():
            if name not in ("phase", "epoch") and value != "":
                expected.setdefault(f"{row['phase']}/{name}", []).append((int(row["epoch"]), float(value)))
    same = scalars.keys() == expected.keys() and all(
        len(scalars[t]) == len(expected[t]) and
        all(s == e and abs(v - w) <= 1e-6 * abs(w) and time > 1e9
            for (s, v, time), (e, w) in zip(scalars[t], expected[t])) for t in expected)
    return check(same, f"TensorBoard reads {sum(map(len, scalars.values()))} values of {len(scalars)} scalars, "
                       "as in the CSV")


def main(program, folder=None):
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    missing = [] if browser else ["chromium"]
    if not CHARTS.exists():
        missing.append("libjs-chart.js")
    with tempfile.TemporaryDirectory() as temporary:
        place = pathlib.Path(folder or temporary) / ""
        place.mkdir(parents=True, exist_ok=True)
        place = place.resolve()
        subprocess.run([program, SOURCE / "data/digits.h5", place], check=True)
        good = True
        if not missing:
            good = in_chromium(browser, place, pathlib.Path(temporary) / "profile")
        if (CLIENTS / "tensorboard/bin/python3").exists():
            good &= in_tensorboard(place)
        else:
            missing.append("tensorboard (tests/clients/setup.sh)")
    if not good:
        return 1
    if missing:
        print("SKIPPED: not here: " + ", ".join(missing))
        return 77
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
