# SPDX-License-Identifier: MIT
"""JUnit XML: a suite for each setting. What is wrong with the host is a failure, what is wrong with us an
error; VACUOUS, KNOWN and SKIP are skipped."""

import re
import xml.etree.ElementTree as ET

import ktap
from events import Run, Setting, again, family
from ktap import Result

# What XML 1.0 has no way to say, and a console may.
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(run: Run) -> str:
    root = ET.Element("testsuites", name="revenant", time=f"{run.seconds:.3f}")
    suites = [suite(setting) for setting in run.settings]
    root.extend(suites)
    for count in ("tests", "failures", "errors", "skipped"):
        root.set(count, str(sum(int(one.get(count)) for one in suites)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def suite(setting: Setting) -> ET.Element:
    element = ET.Element("testsuite", name=text_of(setting.name), time=f"{setting.seconds:.3f}")
    properties = ET.SubElement(element, "properties")
    for name, value in (("title", setting.title), ("host", setting.stream.host), ("image", setting.stream.image),
                        ("options", setting.options)):
        ET.SubElement(properties, "property", name=name, value=text_of(value))
    results = setting.all_results()
    lost = [] if told(setting) else [Result("", "ERROR", f"the setting ended with status {setting.status}")]
    for result in results + lost:
        element.append(case(setting, result))
    element.set("tests", str(len(results + lost)))
    element.set("failures", str(len(element.findall("testcase/failure"))))
    element.set("errors", str(len(element.findall("testcase/error"))))
    element.set("skipped", str(len(element.findall("testcase/skipped"))))
    return element


def told(setting: Setting) -> bool:
    """Do the results say why the setting's status is not green?"""
    wanted = {1: ktap.RED, 2: ("ERROR",), 99: ("ERROR",), None: ()}.get(setting.status)
    return wanted is None or any(result.verdict in wanted for result in setting.all_results())


def case(setting: Setting, result: Result) -> ET.Element:
    name = result.name or "no case"
    element = ET.Element("testcase", classname=text_of(f"{setting.name}.{family(name)}"), name=text_of(name))
    if result.seconds is not None:
        element.set("time", f"{result.seconds:.3f}")
    if result.verdict == "PASS":
        return element
    kind = "failure" if result.is_red else "error" if result.verdict == "ERROR" else "skipped"
    what = ET.SubElement(element, kind, message=text_of(f"{result.verdict} {result.text}".strip()))
    if kind != "skipped":
        what.set("type", result.verdict)
    lines = [*result.evidence, *filter(None, [again(setting, result)])]
    if kind != "skipped" and lines:
        what.text = text_of("\n".join(lines))
    return element


def text_of(text: str) -> str:
    return _NOT_XML.sub("?", text)
