import { maybeCacheControlFromInfo } from '@apollo/cache-control-types';
import type { GraphQLResolveInfo } from 'graphql';

/**
 * Says for how many seconds the value of a field may be kept, where that depends on the value or the arguments: in place of
 * the field's `@cacheControl(maxAge:)`, which must not be less, because the gateway looks no further where that is 0.
 * Events of subscriptions are not kept by anybody; there it says nothing.
 */
export function keepFor(info: GraphQLResolveInfo, seconds: number): void {
  maybeCacheControlFromInfo(info)?.setCacheHint({ maxAge: seconds });
}
