"""A release notebook in a real JupyterLab: cells run, pictures show, the public check renders its result."""

from pathlib import Path

import nbformat
import pytest
from selenium.webdriver.support.ui import WebDriverWait

from autograder.release.hints import hints_json

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("default")]
ROOT = Path(__file__).parents[2]
COUNT = "return document.querySelectorAll(arguments[0]).length"
RUN_ALL = """
const done = arguments[arguments.length - 1];
const app = window.jupyterapp;
app.restored.then(() => app.commands.execute('notebook:run-all-cells')).then(() => done('ran'), e => done(String(e)));
"""
READY = """
const widget = window.jupyterapp && window.jupyterapp.shell.currentWidget;
return !!(widget && widget.sessionContext && widget.sessionContext.session && widget.sessionContext.session.kernel
    && widget.sessionContext.session.kernel.status === 'idle');
"""


def test_a_notebook_in_jupyterlab(tmp_path, jupyter, jupyter_browser):
    """Run all: plots are shown, right examples are said to be right, and a wrong one shows a picture of ours."""
    notebook = nbformat.read(ROOT / "assignments/noising/source/noising.ipynb", 4)
    for cell in notebook.cells:
        if cell.source.startswith("def snr"):
            cell.source = cell.source.replace(
                "return alpha_bar / (1 - alpha_bar)", "return (1 - alpha_bar) / alpha_bar"
            )
        if cell.source.endswith("check(snr)"):
            cell.source = cell.source.replace("check(snr)", "check(snr, hints=True)")
    work = tmp_path / "work"
    work.mkdir()
    nbformat.write(notebook, work / "noising.ipynb")
    (work / "hints.json").write_bytes(
        hints_json(ROOT, "noising", ROOT / "assignments/noising/release/noising.py") or b""
    )
    browser = jupyter_browser
    browser.set_script_timeout(150)
    browser.get(f"{jupyter(work)}/lab/tree/noising.ipynb")
    wait = WebDriverWait(browser, 120, poll_frequency=1)
    wait.until(lambda driver: driver.execute_script(READY))
    assert browser.execute_async_script(RUN_ALL) == "ran"
    wait.until(lambda driver: driver.execute_script(COUNT, ".public-check") >= 1)
    document = wait.until(lambda driver: _outputs(driver, 7))
    assert document.count("public-check") == 7
    assert document.count(": right") == 6
    assert "snr</strong>: not right yet" in document
    assert "It may be this: Your ratio grows with the noise" in document.partition("snr</strong>")[2]
    assert "<svg" in document.partition("It may be this")[2]
    assert document.count("[picture]") >= 5  # JupyterLab draws only the cells in view, so they are counted in its model
    assert "Traceback" not in document
    browser.save_screenshot(str(tmp_path / "lab.png"))


def _outputs(driver, checks):
    """All HTML outputs as the notebook's model holds them, once it has as many checks."""
    text = driver.execute_script(
        """
        const cells = window.jupyterapp.shell.currentWidget.content.model.cells;
        let text = '';
        for (let i = 0; i < cells.length; i++) {
            const outputs = cells.get(i).outputs;
            for (let j = 0; outputs && j < outputs.length; j++) {
                const output = outputs.get(j).toJSON();
                text += (output.data || {})['image/png'] ? '[picture]' : '';
                text += (output.traceback || []).join('') + ((output.data || {})['text/html'] || '');
            }
        }
        return text;
        """
    )
    return text if text.count('class="public-check"') >= checks else None
