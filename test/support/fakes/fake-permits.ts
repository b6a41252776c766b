import type { Easing } from '#core/job/easing';
import type { Permits } from '#core/ports/permits';

export function fakePermits(): Permits {
  const scopes = new Map<string, Map<string, string>>();
  const easings = new Map<string, Easing>();
  const of = (scope: string) => {
    const leases = scopes.get(scope) ?? new Map<string, string>();
    scopes.set(scope, leases);
    return leases;
  };

  return {
    async acquire(scope, limit, slots, expiresAt) {
      const leases = of(scope);
      const missing = slots.filter((slot) => !leases.has(slot));
      if (missing.length > 0 && leases.size + missing.length > limit) return false;
      for (const slot of slots) {
        const held = leases.get(slot);
        if (held === undefined || held < expiresAt) leases.set(slot, expiresAt);
      }
      return true;
    },
    async renew(scope, slot, expiresAt) {
      if (!of(scope).has(slot)) return false;
      of(scope).set(slot, expiresAt);
      return true;
    },
    async release(scope, slots) {
      for (const slot of slots) of(scope).delete(slot);
    },
    leases: async (scope) => Object.fromEntries(of(scope)),
    async sweep(scope, now) {
      const out = [...of(scope)].filter(([, expiresAt]) => expiresAt < now).map(([slot]) => slot);
      for (const slot of out) of(scope).delete(slot);
      return out;
    },
    scopes: async () => [...scopes.keys()],
    async ease(scope, easing) {
      const known = easings.get(scope);
      if (scopes.has(scope) && (known === undefined || known.at < easing.at)) easings.set(scope, { ...easing });
    },
    easing: async (scope) => easings.get(scope),
  };
}
