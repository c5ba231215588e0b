// Jobs while they run: each row listens to its own events and is written anew; one that ended loads the page again.
const main = document.querySelector("main");
const base = `/api/v1/workspaces/${encodeURIComponent(main.dataset.workspace)}/jobs/`;
const hours = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const stages = JSON.parse(main.dataset.stages);
const ended = ["done", "failed", "cancelled"];

for (const row of document.querySelectorAll("tr[data-job]")) {
  const events = new EventSource(base + row.dataset.job + "/events");
  events.addEventListener("job", (event) => {
    const job = JSON.parse(event.data);
    const seen = job.progress || {};
    if (ended.includes(job.state)) {
      events.close();
      location.reload();
      return;
    }
    if (row.querySelector(".state").className !== `state ${job.state}`) {
      events.close();
      location.reload();
      return;
    }
    if (seen.seconds != null) row.querySelector(".phase").textContent = `${Math.round(seen.seconds)} s · ${stages[seen.phase] ?? seen.phase}`;
    if (seen.objective != null) row.querySelector(".objective").textContent = hours.format(seen.objective);
    if (seen.gap != null) row.querySelector(".gap").textContent = (100 * seen.gap).toFixed(2) + "%";
  });
  row.querySelector(".stop")?.addEventListener("click", async (event) => {
    event.target.disabled = true;
    await fetch(base + row.dataset.job + "/cancel", { method: "POST", headers: { "X-CSRF-Token": main.dataset.csrf } });
  });
}
