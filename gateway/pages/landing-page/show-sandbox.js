// Runs in the browser, inlined by landing-page.ts. The page says what it is without this script; this one adds the full
// addresses and puts Apollo Sandbox over it once Sandbox has shown that it is there.
(() => {
  // Generous for a slow line: the page is readable meanwhile, and a Sandbox that comes later is still shown.
  const patienceMs = 10_000;

  const settings = JSON.parse(document.getElementById('settings').textContent);
  const endpoint = new URL(settings.graphqlPath, window.location.href).href;
  const subscriptionEndpoint = new URL(settings.subscriptionPath, window.location.href);
  subscriptionEndpoint.protocol = window.location.protocol === 'https:' ? 'wss:' : 'ws:';

  document.getElementById('endpoint').textContent = endpoint;
  document.getElementById('subscription-endpoint').textContent = subscriptionEndpoint.href;

  const timer = setTimeout(showFallback, patienceMs);

  // The script may load while the frame that it opens is blocked: only a message out of that frame proves Sandbox.
  window.addEventListener('message', function onMessage(event) {
    if (event.origin !== settings.sandboxOrigin) return;
    window.removeEventListener('message', onMessage);
    clearTimeout(timer);
    document.body.classList.add('sandbox-open');
  });

  const script = document.createElement('script');
  script.src = settings.sandboxScript;
  script.onerror = showFallback;
  script.onload = openSandbox;
  document.head.append(script);

  function openSandbox() {
    try {
      new window.EmbeddedSandbox({
        target: '#sandbox',
        initialEndpoint: endpoint,
        initialSubscriptionEndpoint: subscriptionEndpoint.href,
        endpointIsEditable: false,
        // Cookies off, with the switch left in Sandbox's settings: this graph reads bearer tokens.
        hideCookieToggle: false,
        initialState: { document: settings.document, includeCookies: false, pollForSchemaUpdates: false },
        runTelemetry: false,
        // The page's policy forbids style attributes; landing-page.css sizes the frame.
        allowDynamicStyles: false,
      });
    } catch (error) {
      reportError(error);
      showFallback();
    }
  }

  function showFallback() {
    clearTimeout(timer);
    document.body.classList.add('sandbox-missing');
    document.getElementById('status').textContent =
      'Apollo Sandbox could not be loaded: it comes from Apollo’s servers, which this browser cannot reach. ' +
      'The graph itself is here, and GraphiQL does the same without internet.';
  }
})();
