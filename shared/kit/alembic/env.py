"""Alembic runs this file; the connection and its transaction come from `kit.database.Database.migrate`."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], render_as_batch=True, transactional_ddl=False)
context.run_migrations()
