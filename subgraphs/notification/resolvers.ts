import { mayDo } from '#shared/caller.ts';
import { scalarResolvers } from '#shared/scalars.ts';
import { errorForRecipient } from './domain/delivery.ts';
import { currencyOf } from './domain/price-alert.ts';
import type { Resolvers } from './generated/resolver-types.ts';

export const resolvers: Resolvers = {
  ...scalarResolvers,
  Query: {
    deadLetters: (_root, page, { caller, deadLetters }) => deadLetters.list(caller, page),
    recordedMessages: (_root, page, { caller, deadLetters }) => deadLetters.recorded(caller, page),
  },
  Mutation: {
    markNotificationRead: (_root, { id }, { caller, inbox }) => inbox.markRead(caller, id),
    markAllNotificationsRead: (_root, { before }, { caller, inbox }) => inbox.markAllRead(caller, before),
    setNotificationPreference: (_root, { input }, { caller, preferences }) => preferences.choose(caller, input),
    setQuietHours: (_root, { input }, { caller, quietHours }) => quietHours.set(caller, input),
    removeQuietHours: (_root, _args, { caller, quietHours }) => quietHours.remove(caller),
    registerPushSubscription: (_root, { input }, { caller, pushSubscriptions }) =>
      pushSubscriptions.register(caller, input),
    unregisterPushSubscription: (_root, { id }, { caller, pushSubscriptions }) =>
      pushSubscriptions.unregister(caller, id),
    replayDeadLetter: (_root, { id }, { caller, deadLetters }) => deadLetters.replay(caller, id),
    createPriceAlert: (_root, { input }, { caller, priceAlerts }) => priceAlerts.create(caller, input),
    deletePriceAlert: (_root, { id }, { caller, priceAlerts }) => priceAlerts.delete(caller, id),
  },
  Subscription: {
    inboxChanged: {
      subscribe: (_root, { after }, { caller, inbox }) => inbox.changes(caller, after),
    },
  },
  User: {
    __resolveReference: ({ id }) => ({ id }),
    inbox: ({ id }, page, { caller, inbox }) => inbox.inboxOf(caller, id, page),
    notificationPreferences: ({ id }, _args, { caller, preferences }) => preferences.preferencesOf(caller, id),
    quietHours: ({ id }, _args, { caller, quietHours }) => quietHours.quietHoursOf(caller, id),
    pushSubscriptions: ({ id }, _args, { caller, pushSubscriptions }) => pushSubscriptions.subscriptionsOf(caller, id),
    priceAlerts: ({ id }, page, { caller, priceAlerts }) => priceAlerts.list(caller, id, page),
  },
  Notification: {
    deliveries: ({ id }, _args, { deliveries }) => deliveries.load(id),
  },
  Delivery: {
    lastError: (delivery, _args, { caller }) =>
      mayDo(caller, 'REPLAY_DELIVERIES') ? delivery.lastError : errorForRecipient(delivery),
    nextAttemptAt: ({ status, dueAt }) => (status === 'QUEUED' ? dueAt : null),
  },
  DeadLetter: {
    recipient: ({ recipientId }) => ({ id: recipientId }),
    notification: ({ notificationId }, _args, { notifications }) => notifications.load(notificationId),
  },
  RecordedMessage: {
    recipient: ({ recipientId }) => ({ id: recipientId }),
  },
  PriceAlert: {
    instrument: ({ symbol }) => ({ symbol }),
    currency: ({ symbol }) => currencyOf(symbol),
  },
};
