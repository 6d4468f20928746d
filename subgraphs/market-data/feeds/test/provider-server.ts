import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What a question meets instead of the answer. `drop`: the connection ends without one. `drop midway`: in the middle of it.
 * `silence`: nothing comes. `garbage`: bytes. `html`: a page with status 200. `megabytes`: JSON without an end.
 */
export type Fault =
  | 'drop'
  | 'drop midway'
  | 'silence'
  | 'garbage'
  | 'html'
  | 'megabytes'
  | { status?: number; headers?: Record<string, string>; body?: string };

export type AskedQuestion = { path: string; query: URLSearchParams; headers: IncomingHttpHeaders; at: number };

/** The key that the providers with keys know. */
export const providerKey = 'key-that-nobody-may-see';

/** Speaks what each provider documents, below a path of the provider's name, and is told to fail. Times are by `clock`. */
export async function startProviderServer() {
  const asked: AskedQuestion[] = [];
  const faults: Fault[] = [];
  let [open, mostOpen, sentBytes] = [0, 0, 0];
  const state: { clock: () => number; headers: Record<string, string>; fault: Fault | undefined } = {
    clock: Date.now,
    headers: {},
    fault: undefined,
  };

  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://provider');
    asked.push({ path: pathname, query: searchParams, headers: request.headers, at: performance.now() });
    open += 1;
    mostOpen = Math.max(mostOpen, open);
    response.on('close', () => (open -= 1));
    const fault = faults.shift() ?? state.fault;
    if (fault !== undefined) return fail(fault, request, response);
    const answer = answers.find(({ path }) => path.test(pathname));
    if (!answer) return response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}');
    const headers = { 'content-type': answer.type ?? 'application/json', ...state.headers };
    return response.writeHead(200, headers).end(answer.body({ pathname, searchParams, headers: request.headers }));
  });

  function fail(fault: Fault, request: IncomingMessage, response: ServerResponse): void {
    if (fault === 'silence') return;
    if (fault === 'drop') return void request.socket.destroy();
    if (fault === 'drop midway') {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"bid":1234.5,"ask":', () => {
        request.socket.destroy();
      });
      return;
    }
    if (fault === 'garbage') return void response.writeHead(200).end(Buffer.from([0, 255, 17, 200, 3, 123]));
    if (fault === 'html')
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<!DOCTYPE html><h1>Just a moment</h1>');
    if (fault === 'megabytes') {
      response.writeHead(200, { 'content-type': 'application/json' });
      const piece = `"${'9'.repeat(65_536)}",`;
      const write = () => {
        while (!response.destroyed && sentBytes < 50_000_000) {
          sentBytes += piece.length;
          if (!response.write(piece)) return void response.once('drain', write);
        }
        response.end();
      };
      response.write('[');
      return write();
    }
    const { status = 200, headers, body = '' } = fault;
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  }

  type Asked = { pathname: string; searchParams: URLSearchParams; headers: IncomingHttpHeaders };
  const seconds = () => Math.floor(state.clock() / 1000);
  const instant = () => new Date(state.clock()).toISOString();
  const answers: { path: RegExp; type?: string; body: (question: Asked) => string }[] = [
    {
      path: /^\/swissquote\/instrument\/XAU\/USD$/,
      body: () =>
        `[{"topo":{"platform":"SwissquoteLtd","server":"Live5"},"spreadProfilePrices":[{"spreadProfile":"premium","bidSpread":25.60,"askSpread":25.60,"bid":4389.049,"ask":4389.711},{"spreadProfile":"prime","bidSpread":24.20,"askSpread":24.20,"bid":4389.063,"ask":4389.697}],"ts":${state.clock()}},` +
        `{"topo":{"platform":"AT","server":"AT"},"spreadProfilePrices":[{"spreadProfile":"standard","bidSpread":1.00,"askSpread":1.00,"bid":4380.500,"ask":4380.510}],"ts":${state.clock() - 700}}]`,
    },
    {
      path: /^\/swissquote\/instrument\/XAG\/USD$/,
      body: () =>
        `[{"topo":{"platform":"AT","server":"AT"},"spreadProfilePrices":[{"spreadProfile":"standard","bid":51.10,"ask":51.135}],"ts":${state.clock()}}]`,
    },
    {
      path: /^\/gold-api\/price\/XA[UG](\/[A-Z]{3})?$/,
      body: ({ pathname }) => {
        const [, , , metal, currency = 'USD'] = pathname.split('/');
        return `{"currency":"${currency}","currencySymbol":"$","exchangeRate":1,"name":"Gold","price":4165.200195,"symbol":"${metal}","updatedAt":"${instant().slice(0, 19)}Z","updatedAtReadable":"a few seconds ago"}`;
      },
    },
    {
      path: /^\/goldapi\/XAU\/USD$/,
      body: ({ headers }) =>
        headers['x-access-token'] === providerKey
          ? `{"timestamp":${seconds()},"metal":"XAU","currency":"USD","exchange":"FOREXCOM","symbol":"FOREXCOM:XAUUSD","prev_close_price":5019.175,"open_price":5019.175,"low_price":4967.61,"high_price":5036.255,"open_time":1773619200,"price":5019.315,"ch":0.14,"chp":0.01,"ask":5019.91,"bid":5018.990,"price_gram_24k":161.3747}`
          : '{"error":"Invalid API Key"}',
    },
    {
      path: /^\/metals-dev\/metal\/spot$/,
      body: ({ searchParams }) =>
        searchParams.get('api_key') === providerKey && searchParams.get('metal') === 'gold'
          ? `{"status":"success","timestamp":"${instant()}","currency":"${searchParams.get('currency')}","unit":"toz","metal":"gold","rate":{"price":4065.65,"ask":4065.86,"bid":4065.380,"high":4078.34,"low":4061.055,"change":-1.53,"change_percent":-0.04}}`
          : `{"status":"failure","error_code":1101,"error_message":"no account for ${searchParams.get('api_key')}"}`,
    },
    {
      path: /^\/metalpriceapi\/latest$/,
      body: ({ searchParams }) =>
        searchParams.get('api_key') === providerKey
          ? `{"success":true,"base":"${searchParams.get('base')}","timestamp":${seconds()},"rates":{"${searchParams.get('base')}XAU":4038.0953919274,"XAU":0.0002476415}}`
          : '{"success":false,"error":{"statusCode":102,"message":"User did not supply an access key or supplied an invalid access key"}}',
    },
    {
      path: /^\/navasan\/latest\/$/,
      body: ({ searchParams }) =>
        searchParams.get('api_key') === providerKey
          ? `{"usd_sell":{"value":"115350","change":-25,"timestamp":${seconds()},"date":"1405-08-29 19:12:30"},"usd_buy":{"value":"115,100","change":0,"timestamp":${seconds() - 60},"date":"1405-08-29 19:11:30"},"18ayar":{"value":"12358300","change":2100,"timestamp":${seconds()},"date":"1405-08-29 19:12:30"}}`
          : '{"error":"invalid api_key"}',
    },
    {
      path: /^\/ecb\/eurofxref-daily\.xml$/,
      type: 'text/xml',
      body: () => `<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
	<gesmes:subject>Reference rates</gesmes:subject>
	<gesmes:Sender>
		<gesmes:name>European Central Bank</gesmes:name>
	</gesmes:Sender>
	<Cube>
		<Cube time='2026-11-20'>
			<Cube currency='USD' rate='1.0834'/>
			<Cube currency='JPY' rate='162.10'/>
			<Cube currency='GBP' rate='0.85955'/>
			<Cube currency='TRY' rate='45.8870'/>
		</Cube>
	</Cube>
</gesmes:Envelope>`,
    },
    {
      path: /^\/ecb\/eurofxref\.csv$/,
      type: 'text/csv',
      body: () => 'Date, USD, JPY, GBP, TRY, \n20 November 2026, 1.0834, 162.10, 0.85955, 45.8870, \n',
    },
    { path: /^\/dealer$/, body: () => `{"bid":4084.0,"ask":4084.61,"at":"${instant()}"}` },
  ];

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The provider's clock, headers that come with every answer, and a fault that every question meets while it is set. */
    state,
    /** Every question, in the order of arrival. */
    asked,
    /** The next questions meet these, one each; then come answers again. */
    faults,
    mostOpen: () => mostOpen,
    sentBytes: () => sentBytes,
    close: () => new Promise<void>((resolve) => (server.closeAllConnections(), server.close(() => resolve()))),
  };
}

export type ProviderServer = Awaited<ReturnType<typeof startProviderServer>>;

/** What a polled feed needs beside the provider's own: it asks every few milliseconds and repairs faults as fast. */
export const fastPolling = {
  intervalMs: 10,
  weight: 1,
  clock: Date.now,
  random: () => 0,
  timings: {
    timeoutMs: 10_000,
    noAnswer: { firstMs: 4, longestMs: 32 },
    refused: { firstMs: 8, longestMs: 64 },
  },
};
