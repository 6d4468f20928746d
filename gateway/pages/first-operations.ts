/** An operation that a page opens with: `name` is the operation's own name, `document` its formatted text. */
export interface FirstOperation {
  name: string;
  document: string;
}

/** Spot gold now, and the same price for a gram of 18 karat gold. */
export const goldNow: FirstOperation = {
  name: 'GoldNow',
  document: `query GoldNow {
  instrument(symbol: "XAU-USD") {
    symbol
    price {
      bid
      ask
      mid
      time
      gram18k: convert(unit: GRAM, fineness: "750") {
        bid
        ask
      }
    }
  }
}
`,
};

/** One event a tick of spot gold. */
export const livePrice: FirstOperation = {
  name: 'LivePrice',
  document: `subscription LivePrice {
  priceUpdated(symbol: "XAU-USD") {
    sequence
    bid
    ask
    mid
    time
    isStale
  }
}
`,
};

/** The same stream joined with stock and prices of other services, all of one tick. */
export const livePriceWithProducts: FirstOperation = {
  name: 'LivePriceWithProducts',
  document: `subscription LivePriceWithProducts {
  priceUpdated(symbol: "XAU-USD") {
    sequence
    mid
    instrument {
      symbol
      products(first: 5) {
        nodes {
          sku
          name
          stock {
            available
          }
          price(side: BUY, quantity: 1) {
            total {
              amount
              currency
            }
          }
        }
      }
    }
  }
}
`,
};

/** How to become somebody: the access token goes into the headers of what is sent next. */
export const signIn: FirstOperation = {
  name: 'SignIn',
  document: `# Send the access token with what follows: { "Authorization": "Bearer …" } under Headers.
mutation SignIn {
  login(
    input: { email: "customer@gold.example", password: "gold-development" }
  ) {
    ... on AuthSession {
      accessToken
      expiresAt
      user {
        id
        roles
      }
    }
    ... on Error {
      code
      message
    }
  }
}
`,
};

/** What both pages open with, in this order: each runs without signing in. */
export const firstOperations: readonly FirstOperation[] = [goldNow, livePrice, livePriceWithProducts, signIn];
