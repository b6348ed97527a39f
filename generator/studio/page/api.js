// The server's API: requests that carry the page's token, and the events of a job.

const token = document.querySelector("meta[name=ragplan-token]").content;

export async function ask(path, { json, ...options } = {}) {
  const headers = { "x-ragplan-token": token, ...(json && { "content-type": "application/json" }) };
  if (json) options.body = JSON.stringify(json);
  options.method ??= options.body ? "POST" : "GET";
  const answer = await fetch(path, { ...options, headers });
  const values = answer.status === 204 ? {} : await answer.json();
  if (!answer.ok) throw new Error(values.error?.message ?? `the server answers ${answer.status}`);
  return values;
}

export const post = (path, json, signal) => ask(path, { json, signal });

// Calls `on(event)` for each event of a job; resolves with the last one. A lost connection reads on where it was.
export function follow(job, on) {
  const gone = { kind: "failed", error: "the server is gone; is it still running?" };
  return new Promise((resolve) => {
    const source = new EventSource(`api/jobs/${job}/events`);
    source.onmessage = ({ data }) => {
      const event = JSON.parse(data);
      on(event);
      if (!["done", "failed", "cancelled"].includes(event.kind)) return;
      source.close();
      resolve(event);
    };
    source.onerror = () => source.readyState === EventSource.CLOSED && resolve(gone);
  });
}
