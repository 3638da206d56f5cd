//! The rate budget.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use koppel::connect::{Answer, Call, Class, Limit, ListQuery, MemoryTokens};
use tokio::time::Instant;

use super::world::{World, books_kept, invoices, page, token};

#[tokio::test(start_paused = true)]
async fn no_window_ever_holds_one_request_too_many() {
    for (count, per) in [(10_usize, 1000_u64), (3, 1000), (7, 5000)] {
        let world = World::new(|request| match request.url.path() {
            "/token" => Ok(token("t")),
            _ => Ok(page([1], false)),
        });
        let per = Duration::from_millis(per);
        let limit = Limit { count: u32::try_from(count).unwrap(), per };
        let system = books_kept(&world, Arc::new(MemoryTokens::default()), "client_credentials", Some(limit));
        let flows = (0..count * 4).map(|index| {
            let (system, world) = (system.clone(), world.clone());
            async move {
                tokio::time::sleep(Duration::from_millis(37 * (index as u64 % 5))).await;
                let mut list = system.list(&invoices(&system), &ListQuery::default()).unwrap();
                list.next_page(Call::of(&*world)).await.unwrap();
            }
        });
        join_all(flows).await;
        let at: Vec<Instant> = {
            let requests = world.requests.lock().unwrap();
            requests.iter().filter(|(_, request)| request.url.path() != "/token").map(|(at, _)| *at).collect()
        };
        assert_eq!(at.len(), count * 4);
        for window in at.windows(count + 1) {
            assert!(window[count] - window[0] >= per, "{count} per {per:?}");
        }
        // It is spent steadily, and not wasted either.
        assert!(at[at.len() - 1] - at[0] <= per * 4 + Duration::from_millis(500));
    }
}

#[tokio::test(start_paused = true)]
async fn who_asked_first_goes_first() {
    let world = World::new(|_| Ok(token("t")));
    let limit = Limit { count: 10, per: Duration::from_secs(1) };
    let system = books_kept(&world, Arc::new(MemoryTokens::default()), "client_credentials", Some(limit));
    system.pass(&()).await.unwrap();
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let flows = (0..20).map(|number| {
        let (system, order) = (system.clone(), order.clone());
        async move {
            system.pass(&()).await.unwrap();
            order.lock().unwrap().push(number);
        }
    });
    join_all(flows).await;
    assert_eq!(*order.lock().unwrap(), (0..20).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_429_stops_the_whole_connection_for_as_long_as_it_says() {
    let answers = [Answer::new(429, "{}").with("retry-after", "40"), page([1], false), page([2], false)];
    let world = World::answers(answers);
    let system = books_kept(&world, Arc::new(MemoryTokens::default()), "client_credentials", None);
    let start = Instant::now();
    let mut list = system.list(&invoices(&system), &ListQuery::default()).unwrap();
    assert_eq!(list.next_page(Call::of(&*world)).await.unwrap_err().class, Class::RateLimit);
    let mut other = system.clone().list(&invoices(&system), &ListQuery::default()).unwrap();
    other.next_page(Call::of(&*world)).await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 40);
    list.next_page(Call::of(&*world)).await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 40);
}

#[tokio::test(start_paused = true)]
async fn a_pass_taken_before_is_not_taken_again() {
    let world = World::answers([page([1], false), page([1], false)]);
    let limit = Limit { count: 1, per: Duration::from_secs(10) };
    let system = books_kept(&world, Arc::new(MemoryTokens::default()), "client_credentials", Some(limit));
    let start = Instant::now();
    for turn in 0..2 {
        let pass = system.pass(&*world).await.unwrap();
        assert_eq!(start.elapsed().as_secs(), turn * 10);
        let mut list = system.list(&invoices(&system), &ListQuery::default()).unwrap();
        list.next_page(Call::passed(&*world, pass)).await.unwrap();
        assert_eq!(start.elapsed().as_secs(), turn * 10);
    }
}
