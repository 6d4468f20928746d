-- Run once by the PostgreSQL image, on an empty volume: a database for each service and a role that owns it.
-- Nobody but its owner may connect to a database. The passwords are read from the container's environment.
\getenv auth_password AUTH_DATABASE_PASSWORD
\getenv market_data_password MARKET_DATA_DATABASE_PASSWORD
\getenv pricing_password PRICING_DATABASE_PASSWORD
\getenv order_password ORDER_DATABASE_PASSWORD
\getenv notification_password NOTIFICATION_DATABASE_PASSWORD

CREATE ROLE auth LOGIN PASSWORD :'auth_password';
CREATE ROLE market_data LOGIN PASSWORD :'market_data_password';
CREATE ROLE pricing LOGIN PASSWORD :'pricing_password';
CREATE ROLE "order" LOGIN PASSWORD :'order_password';
CREATE ROLE notification LOGIN PASSWORD :'notification_password';

CREATE DATABASE auth OWNER auth;
CREATE DATABASE market_data OWNER market_data;
CREATE DATABASE pricing OWNER pricing;
CREATE DATABASE "order" OWNER "order";
CREATE DATABASE notification OWNER notification;

REVOKE CONNECT, TEMPORARY ON DATABASE postgres, auth, market_data, pricing, "order", notification FROM PUBLIC;
