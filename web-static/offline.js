/* The page without a connection tries again by itself, and shows what was asked for as soon as the appliance answers. */
'use strict';
{
  const tryAgain = () => fetch('/healthz', { cache: 'no-store' }).then(() => location.reload(), () => setTimeout(tryAgain, 2000))
  if (location.pathname !== '/offline') setTimeout(tryAgain, 1000)
}
