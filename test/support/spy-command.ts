/** Looks into every process and file that it can read. It gets the secrets backwards: what it finds is not itself. */
const SPY = `
import os, sys
secrets = [text[::-1].encode() for text in sys.argv[1:]]
places, found = 0, []
def look(where, data):
    global places
    places += 1
    found.extend(f"{i} in {where}" for i, secret in enumerate(secrets) if secret in data)
def read(path, size=1 << 20):
    try:
        with open(path, "rb") as file:
            look(path, file.read(size))
    except OSError:
        pass
def memory(pid):
    try:
        with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
            for line in maps:
                first, last = (int(part, 16) for part in line.split()[0].split("-"))
                if " rw" in line and last - first < 1 << 27:
                    mem.seek(first)
                    look(f"memory of {pid}", mem.read(last - first))
    except (OSError, OverflowError):
        pass
for pid in filter(str.isdigit, os.listdir("/proc")):
    if int(pid) != os.getpid():
        read(f"/proc/{pid}/environ")
        read(f"/proc/{pid}/cmdline")
        memory(pid)
for top in (os.path.expanduser("~"), os.getcwd(), "/tmp", "/workspace", "/etc", "/run"):
    for folder, _, files in os.walk(top):
        for name in files:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                read(path)
print(f"spied {places} places, found {len(found)} {found}")
`;

/** A command for the agent of a job; it prints `spied <n> places, found <n> […]`. */
export function spyCommand(secrets: string[]): string {
  const backwards = secrets.map((secret) => `'${[...secret].reverse().join('')}'`);
  const source = Buffer.from(SPY).toString('base64');
  return `python3 -c "$(echo ${source} | base64 -d)" ${backwards.join(' ')}`;
}
