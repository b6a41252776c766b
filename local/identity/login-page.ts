/** The page on which a person of the laptop says who they are. `asked` is carried over to the answer. */
export function loginPage(
  users: Array<{ sub: string; email: string; tenant: string }>,
  asked: URLSearchParams,
): string {
  const choices = users.map(({ sub, email, tenant }) => {
    const answer = new URLSearchParams([...asked, ['sub', sub]]);
    return `<li><a href="/authorize?${escaped(answer.toString())}">${escaped(email)}<small>${escaped(tenant)}</small></a></li>`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sign in</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 24rem; margin: 15vh auto; padding: 0 1rem; color-scheme: light dark }
  ul { list-style: none; padding: 0 }
  a { display: flex; justify-content: space-between; padding: .75rem 1rem; margin: .5rem 0; border: 1px solid; border-radius: .5rem;
      color: inherit; text-decoration: none }
</style>
<h1>Sign in</h1>
<p>This issuer runs on your machine, for the people it was started with.</p>
<ul>
${choices.join('\n')}
</ul>
</html>
`;
}

function escaped(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
