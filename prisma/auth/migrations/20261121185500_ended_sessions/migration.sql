-- By hand: what Prisma cannot express.
-- What the worker reads every few seconds: the few sessions that ended before their time, and no more.
CREATE INDEX "session_ended" ON "session"("ended_at") WHERE "ended_at" IS NOT NULL;

-- Workers tell the gateways at once.
CREATE FUNCTION notify_session_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('session_ended', NEW."id"::text);
  RETURN NULL;
END
$$;
CREATE TRIGGER "session_end_notifies" AFTER UPDATE OF "ended_at" ON "session"
  FOR EACH ROW WHEN (OLD."ended_at" IS NULL AND NEW."ended_at" IS NOT NULL) EXECUTE FUNCTION notify_session_ended();
